#include "base/strings/escaping.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "base/strings/utf8.h"

namespace transkimmer {
namespace {

std::string escaped_control(unsigned char code) {
  switch (code) {
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return fmt::format("\\u{:04x}", code);
  }
}

/// Below U+0020, and U+007F to U+009F, of which U+009B begins a terminal's commands as ESC [ does.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

/// Characters that break a line, turn the order of what follows, or are not seen: a name must not make the
/// rest of a line read otherwise, nor look like another name. Joiners (U+200C, U+200D) belong to words and
/// emoji.
bool hides_or_reorders(char32_t code) {
  constexpr std::pair<char32_t, char32_t> kRanges[] = {
      {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200B},  {0x200E, 0x200F},
      {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};
  return std::ranges::any_of(kRanges,
                             [&](const auto& range) { return code >= range.first && code <= range.second; });
}

/// As JSON has it: beyond U+FFFF two surrogates.
std::string escaped_code(std::uint32_t code) {
  if (code < 0x10000) return fmt::format("\\u{:04x}", code);
  const std::uint32_t above = code - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (above >> 10), 0xDC00 + (above & 0x3FF));
}

/// With a backslash before `others`; a byte that is no UTF-8 becomes U+FFFD.
std::string with_escapes(std::string_view text, std::string_view others) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const int found = character_length(text, at);
    const auto length = static_cast<std::size_t>(std::abs(found));
    const char32_t code = found > 0 ? decode_utf8(text, at).value : 0xFFFD;
    if (found < 0) {
      result += "\xEF\xBF\xBD";
    } else if (is_control(code)) {
      result += escaped_control(static_cast<unsigned char>(code));
    } else if (hides_or_reorders(code)) {
      result += escaped_code(code);
    } else {
      if (others.find(text[at]) != others.npos) result += '\\';
      result += text.substr(at, length);
    }
    at += length;
  }
  return result;
}

}  // namespace

std::string escaped(std::string_view name) {
  return with_escapes(name, "\"\\");
}

std::string on_one_line(std::string_view message) {
  return with_escapes(message, "");
}

}  // namespace transkimmer
