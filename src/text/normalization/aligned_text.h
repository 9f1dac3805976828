#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "text/offset_trimming.h"

namespace transkimmer {

/// A text that is changed step by step and remembers for each of its bytes which range of the original it
/// stands for: that of a whole character.
struct AlignedText {
  std::string text;
  std::vector<ByteRange> origin;  ///< per byte of `text`
  std::uint32_t base = 0;         ///< where in the original it begins

  /// Starts anew with valid UTF-8 that stands for itself, from `from` in the original on.
  void assign(std::string_view original, std::uint32_t from);
  /// The range of the original that [begin, end) stands for; begin < end.
  ByteRange origin_of(std::size_t begin, std::size_t end) const {
    return {origin[begin].begin, origin[end - 1].end};
  }
};

/// A character of a changed text, and how many characters more or less there are than before it: 1, it is one
/// more and stands for what its predecessor stood for; 0, it takes the place of the next character; -n, and
/// the n behind that one are dropped. These are the terms in which Hugging Face's tokenizers keep account of
/// offsets.
struct ChangedCharacter {
  char32_t character = 0;
  int change = 0;
};

/// Writes a text, or a stretch of it, anew from left to right.
class TextRewriter {
 public:
  /// Reads [begin, end) of `from` and appends to `to`; both outlive it. `base`: what stands for a character
  /// that is put before all others.
  TextRewriter(const AlignedText& from, std::size_t begin, std::size_t end, std::uint32_t base,
               AlignedText& to)
      : from_(from), begin_(begin), end_(end), at_(begin), base_(base), to_(to) {}

  void put(ChangedCharacter changed);
  /// As many bytes, which end a character, unchanged.
  void keep(std::size_t bytes);
  /// Drops the next characters without a trace.
  void skip(std::size_t characters);
  /// All that is left, unchanged.
  void keep_rest() { keep(end_ - at_); }
  /// Characters before the next one, which is there: they stand for that one.
  void put_before(std::string_view characters);
  /// Characters that stand for the last one of the `bytes` that they replace, or where these are none for the
  /// one before.
  void replace(std::size_t bytes, std::string_view with);

 private:
  ByteRange before(std::size_t at) const {
    return at == begin_ ? ByteRange{base_, base_} : from_.origin[at - 1];
  }

  const AlignedText& from_;
  std::size_t begin_;
  std::size_t end_;
  std::size_t at_;  // what stands before it has been read
  std::uint32_t base_;
  AlignedText& to_;
};

}  // namespace transkimmer
