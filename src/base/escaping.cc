#include "base/escaping.h"

#include <algorithm>
#include <cstddef>

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

/// Characters of three bytes that break a line (U+2028, U+2029) or turn the order of what follows (U+202A to
/// U+202E, U+2066 to U+2069): a name must not make the rest of a line read otherwise.
bool reorders_text(std::string_view character) {
  if (character.size() != 3 || character[0] != '\xE2') return false;
  const auto middle = static_cast<unsigned char>(character[1]),
             last = static_cast<unsigned char>(character[2]);
  return (middle == 0x80 && last >= 0xA8 && last <= 0xAE) || (middle == 0x81 && last >= 0xA6 && last <= 0xA9);
}

unsigned code_of_three(std::string_view character) {
  const auto bits = [&](std::size_t i, unsigned mask) {
    return static_cast<unsigned char>(character[i]) & mask;
  };
  return bits(0, 0x0F) << 12 | bits(1, 0x3F) << 6 | bits(2, 0x3F);
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
    } else if (reorders_text(character)) {
      result += fmt::format("\\u{:04x}", code_of_three(character));
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
