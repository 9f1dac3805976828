#pragma once

namespace transkimmer {

/// Whether a byte of UTF-8 goes on with a character instead of beginning one.
constexpr bool is_continuation_byte(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace transkimmer
