#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "text/wordpiece/word_counts.h"

namespace transkimmer {

/// Drops the pieces that a WordPiece tokenizer would miss least on these words, until `size` are left; the
/// first `fixed` (the alphabet) always stay. `pieces` keep their order.
///
/// A tokenizer takes the longest piece that fits, so many of the pieces that merging went through on its way
/// to longer ones are hardly ever used by themselves.
std::vector<std::string> prune_pieces(std::vector<std::string> pieces, std::size_t fixed, std::size_t size,
                                      std::span<const WordCount> words);

}  // namespace transkimmer
