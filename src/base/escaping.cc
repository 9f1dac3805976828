#include "base/escaping.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/control_characters.h"

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

/// The code point of a character of two to four bytes.
std::uint32_t code_of(std::string_view character) {
  constexpr std::uint32_t kLeadBits[] = {0, 0, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(character[0]) & kLeadBits[character.size()];
  for (const char byte : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(byte) & 0x3FU);
  return code;
}

/// Characters that break a line, turn the order of what follows, or are not seen: a name must not make the
/// rest of a line read otherwise, nor look like another name. Joiners (U+200C, U+200D) belong to words and
/// emoji.
bool hides_or_reorders(std::uint32_t code) {
  constexpr std::pair<std::uint32_t, std::uint32_t> kRanges[] = {
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
  for (std::size_t at = 0, length = 0; at < text.size(); at += std::max<std::size_t>(length, 1)) {
    length = character_length(text.substr(at));
    const std::string_view character = text.substr(at, length);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
    } else if (is_control(text[at])) {
      result += escaped_control(static_cast<unsigned char>(text[at]));
    } else if (opens_c1_control(character)) {
      result += escaped_control(static_cast<unsigned char>(character[1]));
    } else if (length > 1 && hides_or_reorders(code_of(character))) {
      result += escaped_code(code_of(character));
    } else {
      if (others.find(text[at]) != others.npos) result += '\\';
      result += character;
    }
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
