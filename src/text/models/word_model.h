#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_level_bpe/bpe_merges.h"

namespace transkimmer {

/// A token that a word is made of.
struct WordToken {
  std::int32_t id = 0;
  std::uint32_t begin = 0;  ///< bytes of the word
  std::uint32_t end = 0;
  bool as_written = false;  ///< it is spelled as the word is there, and not as the vocabulary has it
};

/// Memory of models that is kept from word to word.
struct WordScratch {
  struct Ending {
    static constexpr std::uint32_t kNowhere = UINT32_MAX;
    double score = 0;
    std::uint32_t begin = kNowhere;  // of the token that ends here, if one does
    std::int32_t id = 0;
  };
  struct Segment {
    std::uint32_t begin;
    std::uint32_t end;
    bool is_unknown;
  };

  std::string spelling;
  std::vector<BpeSymbol> symbols;
  std::vector<Ending> endings;
  std::vector<Segment> segments;
};

/// How a word becomes tokens. Immutable.
class WordModel {
 public:
  virtual ~WordModel() = default;
  /// "Unigram", "BPE", "WordPiece", "WordLevel".
  virtual std::string_view algorithm() const = 0;
  /// Appends the tokens of a word (valid UTF-8, not empty).
  virtual void tokenize(std::string_view word, WordScratch& scratch, std::vector<WordToken>& out) const = 0;
};

}  // namespace transkimmer
