#include "base/quoting.h"

#include <cstddef>

#include <fmt/format.h>

#include "base/utf8.h"

namespace transkimmer {
namespace {

constexpr std::size_t kMostBytes = 80;  // with what surrounds it, a line or two of a terminal

bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::string shortened(std::string_view text) {
  if (text.size() <= kMostBytes) return std::string(text);
  std::size_t end = kMostBytes;
  while (end > 0 && is_continuation_byte(text[end])) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string in_quotes(std::string_view value) {
  std::string text;
  for (const char character : value.substr(0, kMostBytes + 1)) {
    if (is_control(character)) {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(character));
    } else {
      text += character;
    }
  }
  return fmt::format("'{}'", shortened(text));
}

}  // namespace transkimmer
