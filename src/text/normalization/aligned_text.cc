#include "text/normalization/aligned_text.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {

void AlignedText::assign(std::string_view original, std::uint32_t from) {
  text.assign(original);
  origin.resize(original.size());
  base = from;
  for (std::size_t at = 0; at < original.size();) {
    const std::size_t length = decode_utf8(original, at).length;
    const auto begin = from + static_cast<std::uint32_t>(at);
    const ByteRange range = {begin, begin + static_cast<std::uint32_t>(length)};
    for (const std::size_t end = at + length; at < end; ++at) origin[at] = range;
  }
}

void TextRewriter::put(ChangedCharacter changed) {
  // Behind the end there is nothing to stand for: then it is what comes last.
  const bool is_more = changed.change > 0 || at_ == end_;
  const ByteRange source = is_more ? before(at_) : from_.origin[at_];
  if (changed.change <= 0) skip(1 + static_cast<std::size_t>(-changed.change));
  append_utf8(changed.character, to_.text);
  to_.origin.resize(to_.text.size(), source);
}

void TextRewriter::keep(std::size_t bytes) {
  to_.text.append(from_.text, at_, bytes);
  const auto begin = from_.origin.begin() + static_cast<std::ptrdiff_t>(at_);
  to_.origin.insert(to_.origin.end(), begin, begin + static_cast<std::ptrdiff_t>(bytes));
  at_ += bytes;
}

void TextRewriter::put_before(std::string_view characters) {
  to_.text.append(characters);
  to_.origin.resize(to_.text.size(), from_.origin[at_]);
  // What was the next character counts as one more now, which stands for what its last byte stood for.
  const std::size_t length = decode_utf8(from_.text, at_).length;
  to_.text.append(from_.text, at_, length);
  at_ += length;
  to_.origin.resize(to_.text.size(), before(at_));
}

void TextRewriter::skip(std::size_t characters) {
  for (; characters > 0 && at_ < end_; --characters) at_ += decode_utf8(from_.text, at_).length;
}

void TextRewriter::replace(std::size_t bytes, std::string_view with) {
  at_ += bytes;
  to_.text.append(with);
  to_.origin.resize(to_.text.size(), before(at_));
}

}  // namespace transkimmer
