#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

#include "text/vocabulary.h"
#include "text/wordpiece/word_counts.h"

namespace transkimmer {

/// What a vocabulary that is learnt is to be like.
struct WordPieceTrainingOptions {
  std::size_t vocabulary_size = 8192;  ///< pieces, special tokens included
  std::uint64_t min_frequency = 2;     ///< a pair that occurs less often is not merged
  /// Distinct characters that words are spelled in; words with others stay unknown. 0: one for 32 pieces of
  /// the vocabulary, at least 256. Each can take two pieces, and rare ones are not worth theirs.
  std::size_t alphabet_limit = 0;
  /// Called after each merge with the pieces there are and those there will be; it may throw to stop.
  std::function<void(std::size_t pieces, std::size_t total)> on_piece;
};

/// A WordPiece vocabulary for words and their counts: [PAD] [UNK] [CLS] [SEP] [MASK], the alphabet
/// (WordPieceAlphabet), and pieces in the order in which they were made.
///
/// Words are spelled in characters, and the two neighbouring pieces that occur together most often, over all
/// words, are merged into a new piece everywhere, until there are a quarter more pieces than asked for or no
/// pair occurs `min_frequency` times. Among pairs of the same count the one whose left, then right piece was
/// made earlier is merged. Then the pieces that the tokenizer would miss least are dropped (prune_pieces):
/// stepping stones to longer ones, mostly. The result depends on the words and counts alone.
///
/// Throws UsageError when special tokens and alphabet alone are more than `vocabulary_size`.
Vocabulary train_wordpiece(std::span<const WordCount> words, const WordPieceTrainingOptions& options);

}  // namespace transkimmer
