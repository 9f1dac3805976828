#include "base/escaping.h"

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

/// With a backslash before `others`.
std::string with_escapes(std::string_view text, std::string_view others) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_control(text[at])) {
      result += escaped_control(static_cast<unsigned char>(text[at]));
    } else if (opens_c1_control(text.substr(at))) {
      result += escaped_control(static_cast<unsigned char>(text[++at]));
    } else {
      if (others.find(text[at]) != others.npos) result += '\\';
      result += text[at];
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
