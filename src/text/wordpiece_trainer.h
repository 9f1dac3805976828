#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "text/vocabulary.h"
#include "text/word_counts.h"

namespace transkimmer {

struct WordPieceTrainingOptions {
  std::size_t vocabulary_size = 8192;  ///< pieces, special tokens included
  std::uint64_t min_frequency = 2;     ///< a pair that occurs less often is not merged
  std::size_t alphabet_limit = 1000;   ///< distinct characters; words with others stay unknown
  /// Called with the pieces there are, after each merge; false stops training, which then throws Error.
  std::function<bool(std::size_t pieces)> on_piece;
};

/// A WordPiece vocabulary for words and their counts: [PAD] [UNK] [CLS] [SEP] [MASK], the alphabet
/// (WordPieceAlphabet), and pieces in the order in which they were made.
///
/// Words are spelled in characters, and the two neighbouring pieces that occur together most often, over all
/// words, are merged into a new piece everywhere, until the vocabulary is full or no pair occurs
/// `min_frequency` times. Among pairs of the same count the one whose left, then right piece stands earlier
/// in the vocabulary is merged. So the result depends on the words and counts alone.
///
/// Throws UsageError when special tokens and alphabet alone are more than `vocabulary_size`.
Vocabulary train_wordpiece(std::span<const WordCount> words, const WordPieceTrainingOptions& options);

}  // namespace transkimmer
