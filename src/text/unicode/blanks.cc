#include "text/unicode/blanks.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// Bytes that are no UTF-8 are read as U+FFFD, which is visible.
bool ends_in_white_space(std::string_view text) {
  constexpr std::size_t kLongestCharacter = 4;
  for (std::size_t length = 1; length <= std::min(text.size(), kLongestCharacter); ++length) {
    const std::string_view last = text.substr(text.size() - length);
    if (is_continuation_byte(last.front())) continue;
    return is_valid_utf8(last) && is_whitespace(decode_utf8(last, 0).value);
  }
  return false;
}

}  // namespace

std::size_t last_word_end(std::string_view text, std::size_t limit) {
  for (std::size_t at = limit; at > 0; --at)
    if (is_blank(text[at]) && !ends_in_white_space(text.substr(0, at))) return at;
  return 0;
}

}  // namespace transkimmer
