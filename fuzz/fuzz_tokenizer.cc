// Any bytes through the tokenizers, the one of any parts with several: ids lie in the vocabulary, offsets in
// the text and in order.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/models/bpe.h"
#include "text/models/unigram.h"
#include "text/pipeline/pipeline_tokenizer.h"
#include "text/wordpiece/wordpiece.h"

namespace {

using namespace transkimmer;

constexpr SpecialTokens kSpecialTokens = {.pad = 0, .unknown = 1, .begin = 2, .separator = 3, .mask = 4};

std::vector<AddedToken> added_tokens() {
  return {{.content = "[MASK]", .id = 4, .lstrip = true, .rstrip = true},
          {.content = "New", .id = 5, .single_word = true, .normalized = true}};
}

WordPieceTokenizer wordpiece() {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "New"};
  for (char c = 'a'; c <= 'z'; ++c) tokens.insert(tokens.end(), {{c}, std::string("##") + c});
  for (const char* token : {"the", "##ing", "##e\u0301", "日", "##α", "가", "!"}) tokens.emplace_back(token);
  return WordPieceTokenizer({.vocabulary = Vocabulary(std::move(tokens)),
                             .added_tokens = added_tokens(),
                             .special_tokens = kSpecialTokens,
                             .normalizer = {}});
}

ByteLevelBpeTokenizer byte_level_bpe() {
  std::vector<std::string> tokens = {"<pad>", "<unk>", "<s>", "</s>", "[MASK]", "New"};
  const auto first_byte = static_cast<std::int32_t>(tokens.size());
  for (int byte = 0; byte < 256; ++byte) tokens.push_back(symbol_of_byte(static_cast<unsigned char>(byte)));
  std::vector<BpeMerge> merges;
  for (int left = 0; left < 256; left += 3) {
    const int right = (left * 7 + 1) % 256;
    merges.push_back({first_byte + left, first_byte + right, static_cast<std::int32_t>(tokens.size())});
    tokens.push_back(symbol_of_byte(static_cast<unsigned char>(left)) +
                     symbol_of_byte(static_cast<unsigned char>(right)));
  }
  ByteLevelBpeModel model;
  model.vocabulary = Vocabulary(std::move(tokens));
  model.added_tokens = added_tokens();
  model.special_tokens = kSpecialTokens;
  model.merges = std::move(merges);
  model.add_prefix_space = true;
  return ByteLevelBpeTokenizer(std::move(model));
}

PipelineModel pipeline() {
  PipelineModel model;
  std::vector<std::string> tokens = {"<pad>", "<unk>", "<s>", "</s>", "[MASK]", "New"};
  for (const char* token : {"a", "b", "ab", "\u2581", "\u2581a", "\u2581the", "e\u0301", "\u65E5"})
    tokens.emplace_back(token);
  for (int byte = 0; byte < 256; byte += 2) tokens.push_back(fmt::format("<0x{:02X}>", byte));
  model.vocabulary = Vocabulary(std::move(tokens));
  model.added_tokens = added_tokens();
  model.special_tokens = kSpecialTokens;
  return model;
}

std::vector<bool> all_of(const PipelineModel& model) {
  return std::vector<bool>(model.vocabulary.size(), true);
}

/// As SentencePiece's models have it, with all that changes characters before.
PipelineTokenizer unigram() {
  PipelineModel model = pipeline();
  for (const NormalForm form : {NormalForm::nfkc, NormalForm::nfd, NormalForm::nfc})
    model.normalizers.push_back(normal_form(form));
  model.normalizers.push_back(nmt());
  model.normalizers.push_back(replace(Pattern::regular_expression(" {2,}"), " "));
  model.normalizers.push_back(strip(false, true));
  model.splitters.push_back(metaspace({.prefix = MetaspacePrefix::first}));
  model.splitters.push_back(at_pattern(Pattern::regular_expression("\\p{N}"), MatchedPart::isolated, false));
  UnigramOptions options = {std::vector<double>(model.vocabulary.size(), -2), 1, true};
  model.words = std::make_unique<const Unigram>(model.vocabulary.tokens(), all_of(model), options);
  return PipelineTokenizer(std::move(model));
}

PipelineTokenizer bpe() {
  PipelineModel model = pipeline();
  add_bert_steps({}, model.normalizers);
  model.splitters.push_back(bert_words());
  model.splitters.push_back(digits(true));
  BpeOptions options = {.merges = {{6, 7, 8}}, .unknown = 1, .fuse_unknown = true, .byte_fallback = true};
  model.words = std::make_unique<const Bpe>(model.vocabulary.tokens(), all_of(model), std::move(options));
  return PipelineTokenizer(std::move(model));
}

void check(const Tokenizer& tokenizer, std::string_view text) {
  for (const Piece& piece : tokenizer.pieces(text)) {
    if (piece.offset.begin > piece.offset.end || piece.offset.end > text.size()) std::abort();
    (void)tokenizer.token(piece.id);
  }
  const Encoding encoding = tokenizer.encode_pair(text.substr(0, text.size() / 2), text, {.max_length = 16});
  if (encoding.ids.size() > 16) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const WordPieceTokenizer kWordPiece = wordpiece();
  static const ByteLevelBpeTokenizer kByteLevelBpe = byte_level_bpe();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(kWordPiece, text);
  check(kByteLevelBpe, text);
  static const PipelineTokenizer kUnigram = unigram();
  static const PipelineTokenizer kBpe = bpe();
  check(kUnigram, text);
  check(kBpe, text);
  return 0;
}
