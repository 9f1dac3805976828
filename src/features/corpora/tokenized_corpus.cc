#include "features/corpora/tokenized_corpus.h"

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/fnv1a.h"
#include "base/machine/parallel.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Text tokenised at a time: enough to keep threads busy, little beside a model.
constexpr std::size_t kChunkBytes = 4 << 20;

/// Capital letters, accents composed and decomposed, Chinese characters, punctuation, blanks of all sorts.
constexpr std::string_view kSample =
    "The  café Cafe\u0301 \u4e2d\u6587, don't STOP\u00a0here\t(e.g. 3.5%)\n hello";

using TokenizedDocument = std::vector<std::int32_t>;

std::vector<TokenizedDocument> tokenize(const std::vector<std::string>& texts, const Tokenizer& tokenizer,
                                        unsigned threads) {
  std::vector<TokenizedDocument> documents(texts.size());
  parallel_for(texts.size(), threads, [&](std::size_t i) {
    for (const Piece& piece : tokenizer.pieces(texts[i])) documents[i].push_back(piece.id);
  });
  return documents;
}

/// Documents of about kChunkBytes together; empty at the end.
std::vector<std::string> next_chunk(TextCorpus& corpus) {
  std::vector<std::string> texts;
  std::size_t bytes = 0;
  while (bytes < kChunkBytes) {
    std::optional<std::string> text = corpus.next();
    if (!text) break;
    bytes += text->size();
    texts.push_back(std::move(*text));
  }
  return texts;
}

void check_origin(const TokenFile& file, const TokenFileOrigin& expected, bool sources_known) {
  const TokenFileOrigin& found = file.origin();
  constexpr const char* kAdvice = "; name another --token-file, or remove it to have it made anew";
  if (found.tokenizer != expected.tokenizer || found.vocabulary_size != expected.vocabulary_size) {
    throw UsageError(
        fmt::format("{}: made with another vocabulary or tokenizer ({} entries, fingerprint {:016x}) than "
                    "this model's ({} entries, fingerprint {:016x}){}",
                    file.path().string(), found.vocabulary_size, found.tokenizer, expected.vocabulary_size,
                    expected.tokenizer, kAdvice));
  }
  if (sources_known && found.text_bytes != expected.text_bytes) {
    throw UsageError(fmt::format("{}: made from {} bytes of text, but --data has {}{}", file.path().string(),
                                 found.text_bytes, expected.text_bytes, kAdvice));
  }
}

/// Special tokens that a text does not keep whole where it spells them out.
void add_split_tokens(const Tokenizer& tokenizer, Fnv1a& hash) {
  const SpecialTokens& special = tokenizer.special_tokens();
  for (const std::int32_t id : {special.begin, special.separator, special.mask}) {
    if (id < 0) continue;
    const std::vector<Piece> pieces = tokenizer.pieces(tokenizer.token(id));
    if (pieces.size() == 1 && pieces.front().id == id) continue;
    for (const Piece& piece : pieces) hash.add(std::to_string(piece.id) + ";");
  }
}

TokenFileOrigin origin_of(const Tokenizer& tokenizer, std::uint64_t text_bytes) {
  return {.tokenizer = tokenizer_fingerprint(tokenizer),
          .vocabulary_size = tokenizer.vocabulary_size(),
          .text_bytes = text_bytes};
}

}  // namespace

std::uint64_t tokenizer_fingerprint(const Tokenizer& tokenizer) {
  Fnv1a hash;
  for (std::size_t id = 0; id < tokenizer.vocabulary_size(); ++id) {
    hash.add(tokenizer.token(static_cast<std::int32_t>(id)));
    hash.add(std::string_view("\0", 1));
  }
  for (const Piece& piece : tokenizer.pieces(kSample)) hash.add(std::to_string(piece.id) + ",");
  add_split_tokens(tokenizer, hash);
  return hash.value();
}

void write_token_file(const std::filesystem::path& path, TextCorpus corpus, const Tokenizer& tokenizer,
                      const TokenizationOptions& options) {
  write_file_atomically(path, [&](std::ostream& out) {
    TokenFileWriter writer(out, origin_of(tokenizer, corpus.total_bytes()));
    for (auto texts = next_chunk(corpus); !texts.empty(); texts = next_chunk(corpus)) {
      for (const TokenizedDocument& document : tokenize(texts, tokenizer, options.threads))
        writer.add(document);
      if (options.on_progress) options.on_progress(corpus.bytes_read(), corpus.total_bytes());
      if (options.should_stop && options.should_stop())
        throw Error("interrupted while tokenising; nothing was kept");
    }
    writer.finish();
  });
}

TokenFile open_token_file(const std::filesystem::path& path,
                          const std::vector<std::filesystem::path>& sources, const Tokenizer& tokenizer,
                          const TokenizationOptions& options) {
  const bool sources_known = !sources.empty();
  std::uint64_t text_bytes = 0;
  if (sources_known) {
    TextCorpus corpus(sources);
    text_bytes = corpus.total_bytes();
    if (!path_exists(path)) write_token_file(path, std::move(corpus), tokenizer, options);
  }
  TokenFile file = TokenFile::open(path);
  check_origin(file, origin_of(tokenizer, text_bytes), sources_known);
  return file;
}

}  // namespace transkimmer
