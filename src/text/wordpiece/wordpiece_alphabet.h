#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "text/wordpiece/word_counts.h"

namespace transkimmer {

/// The single characters that words are spelled with before any pair is merged: the most frequent ones, each
/// as the first of a word ("a"), as a later one ("##a") or both, as it occurs.
class WordPieceAlphabet {
 public:
  /// Keeps the `limit` most frequent characters; among equals those of the smaller code point.
  WordPieceAlphabet(std::span<const WordCount> words, std::size_t limit);

  /// The characters as pieces: first those that begin words, then the others, each in order of code point.
  const std::vector<std::string>& pieces() const { return pieces_; }
  std::size_t characters() const { return characters_; }
  /// Appends the word as indices into pieces(), and says whether it could: words with a character outside of
  /// the alphabet append nothing.
  bool spell(std::string_view word, std::vector<std::int32_t>& out) const;

 private:
  struct Forms {
    std::int32_t first = -1;
    std::int32_t later = -1;
  };

  std::unordered_map<char32_t, Forms> forms_;
  std::vector<std::string> pieces_;
  std::size_t characters_ = 0;
};

}  // namespace transkimmer
