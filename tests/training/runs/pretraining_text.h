#pragma once

#include <cstdint>
#include <memory>
#include <ostream>
#include <random>
#include <vector>

#include "base/files/file.h"
#include "features/corpora/token_file.h"
#include "features/corpora/tokenized_corpus.h"
#include "support/listed_tokenizer.h"
#include "support/temporary_directory.h"
#include "training/objectives/masked_lm_objective.h"

namespace transkimmer::test {

/// Text to pretrain tiny models on: 40 documents of words of two tokens. Each has a word that is most of it,
/// so that the others tell what was hidden. The vocabulary has 40 entries.
class PretrainingText {
 public:
  PretrainingText() : file_(write(directory_ / "corpus.tokens", tokenizer_)) {}

  const TokenFile& file() const { return file_; }
  const ListedTokenizer& tokenizer() const { return tokenizer_; }
  /// Sequences of 12 tokens, an eighth of the tokens in sequences of 24.
  MaskedLmData data() const {
    return {.file = &file_,
            .tokenizer = &tokenizer_,
            .blocks = {.max_length = 12, .long_length = 24, .long_fraction = 0.25},
            .masking = {},
            .held_out_fraction = 0.1};
  }

 private:
  static TokenFile write(const std::filesystem::path& path, const Tokenizer& tokenizer) {
    write_file_atomically(path, [&](std::ostream& out) {
      TokenFileWriter writer(out, {.tokenizer = tokenizer_fingerprint(tokenizer),
                                   .vocabulary_size = tokenizer.vocabulary_size(),
                                   .text_bytes = 1});
      std::mt19937_64 random(11);
      for (int i = 0; i < 40; ++i) {
        std::vector<std::int32_t> document;
        const std::uint64_t usual = random() % 17;
        for (std::uint64_t words = 5 + random() % 20; words > 0; --words) {
          const auto word = static_cast<std::int32_t>(random() % 4 > 0 ? usual : random() % 17);
          document.push_back(5 + 2 * word);
          document.push_back(6 + 2 * word);
        }
        writer.add(document);
      }
      writer.finish();
    });
    return TokenFile::open(path);
  }

  TemporaryDirectory directory_;
  ListedTokenizer tokenizer_{numbered_tokens(35)};
  TokenFile file_;
};

}  // namespace transkimmer::test
