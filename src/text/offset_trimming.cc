#include "text/offset_trimming.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

constexpr char32_t kBlankSymbol = 0x120;

bool is_blank_of_token(char32_t c) {
  return c == kBlankSymbol || is_whitespace(c);
}

/// `characters` to the right of `at`, but no further than `end`.
std::uint32_t forward(std::string_view text, std::uint32_t at, std::uint32_t characters, std::uint32_t end) {
  for (; characters > 0 && at < end; --characters) at += decode_utf8(text, at).length;
  return std::min(at, end);
}

/// `characters` to the left of `at`, but no further than `begin`; where the text has not as many, `at`
/// itself.
std::uint32_t backward(std::string_view text, std::uint32_t at, std::uint32_t characters,
                       std::uint32_t begin) {
  std::uint32_t place = at;
  for (; characters > 0; --characters) {
    if (place == 0) return at;
    place = static_cast<std::uint32_t>(last_character(text.substr(0, place)));
  }
  return std::max(place, begin);
}

}  // namespace

BlankEnds blank_ends(std::string_view token) {
  BlankEnds ends;
  for (std::size_t at = 0; at < token.size(); ++ends.leading) {
    const Codepoint c = decode_utf8(token, at);
    if (!is_blank_of_token(c.value)) break;
    at += c.length;
  }
  for (std::size_t end = token.size(); end > 0; ++ends.trailing) {
    const std::size_t last = last_character(token.substr(0, end));
    if (!is_blank_of_token(decode_utf8(token, last).value)) break;
    end = last;
  }
  return ends;
}

ByteRange trimmed(ByteRange range, BlankEnds ends, bool is_first, std::string_view text,
                  std::span<const OffsetTrim> steps) {
  for (const OffsetTrim& step : steps) {
    const bool is_in_front = (is_first && step.text_comes_first) || range.begin == 0;
    const bool is_kept = is_in_front && step.keeps_prefix_space && ends.leading == 1;
    if (ends.leading > 0 && !is_kept) range.begin = forward(text, range.begin, ends.leading, range.end);
    if (ends.trailing > 0) range.end = backward(text, range.end, ends.trailing, range.begin);
  }
  return range;
}

}  // namespace transkimmer
