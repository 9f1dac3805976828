#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/tokenizer.h"

namespace transkimmer {

/// BERT's rule, by whole words.
struct MaskingRule {
  double probability = 0.15;  ///< of a word to be predicted, all its tokens together
  /// What a token to be predicted becomes, drawn for each token: the mask, another token at random, or (in
  /// the remaining cases) itself.
  double mask_share = 0.8;
  double random_share = 0.1;
};

/// A token that is to be predicted.
struct MaskedToken {
  std::uint32_t position = 0;
  std::int32_t id = 0;  ///< the token that was there
};

/// Hides words of a sequence for a masked language model.
class WordMasker {
 public:
  /// Throws UsageError when the vocabulary has no mask token or none to begin and end sequences with, or
  /// nothing but special tokens; for shares and probabilities out of range.
  WordMasker(const Tokenizer& tokenizer, const MaskingRule& rule);

  /// Chooses words of `ids`, changes their tokens and appends what they were to `masked`, by position. Words
  /// are runs of tokens of which only the first begins a word (does not begin with "##" in WordPiece; begins
  /// with "Ġ" in byte-level BPE); special and unknown tokens are never chosen. Each word is chosen
  /// independently; when none is, one is all the same, so that every sequence has something to predict. A
  /// function of (ids, seed) alone.
  void mask(std::span<std::int32_t> ids, std::uint64_t seed, std::vector<MaskedToken>& masked) const;

  /// Whether a token begins a word.
  bool begins_word(std::int32_t id) const { return kinds_[static_cast<std::size_t>(id)] == Kind::word_begin; }

 private:
  enum class Kind : std::uint8_t { special, word_begin, continuation };

  std::vector<Kind> kinds_;             ///< by id
  std::vector<std::int32_t> ordinary_;  ///< ids that may stand in at random
  std::int32_t mask_ = -1;
  MaskingRule rule_;
};

}  // namespace transkimmer
