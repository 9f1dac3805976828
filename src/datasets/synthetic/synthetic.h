#pragma once

#include <cstddef>
#include <cstdint>

#include "datasets/dataset.h"

namespace transkimmer {

/// Lengths count words and punctuation marks, each of which is one token of a word vocabulary.
struct SyntheticOptions {
  std::uint64_t seed = 0;
  std::size_t examples = 1000;
  std::size_t min_words = 30;  ///< at least 30, to leave room for two deciding phrases
  std::size_t max_words = 300;
};

/// Invented customer messages of four classes (billing, delivery, technical, praise). Two to four short
/// phrases decide the class; the rest is small talk from a grammar of several hundred words, and distractors:
/// sentences that share words with deciding phrases of any class but report nothing ("the refund came
/// quickly"). Some deciding phrases hold a word of their own, others only combine shared words ("the refund
/// never came"). Everything is placed at random. The text is lower case ASCII with spaces between words and
/// marks, and the same for a seed on every machine. Throws UsageError for lengths out of range.
Dataset generate_synthetic(const SyntheticOptions& options);

}  // namespace transkimmer
