#pragma once

#include <string_view>

#include "base/utf8.h"

namespace transkimmer {

/// Below U+0020, and U+007F.
inline bool is_control(char character) {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == 0x7F;
}

/// U+0080 to U+009F in two bytes; U+009B begins a terminal's commands as ESC [ does.
inline bool opens_c1_control(std::string_view text) {
  return text.size() > 1 && text[0] == '\xC2' && is_continuation_byte(text[1]) &&
         static_cast<unsigned char>(text[1]) < 0xA0;
}

}  // namespace transkimmer
