#include "base/strings/base64.h"

#include <cstdint>

namespace transkimmer {
namespace {

/// The six bits that a character stands for, or -1.
int bits_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  constexpr std::size_t kGroup = 4;
  if (text.size() % kGroup != 0) return std::nullopt;
  if (text.ends_with('=')) text.remove_suffix(text.ends_with("==") ? 2 : 1);
  std::string bytes;
  bytes.reserve(text.size() * 3 / kGroup);
  std::uint32_t held = 0;
  int held_bits = 0;
  for (const char c : text) {
    const int bits = bits_of(c);
    if (bits < 0) return std::nullopt;
    held = held << 6 | static_cast<std::uint32_t>(bits);
    held_bits += 6;
    if (held_bits < 8) continue;
    held_bits -= 8;
    bytes.push_back(static_cast<char>(held >> held_bits & 0xFFU));
  }
  return bytes;
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    std::uint32_t held = 0;
    for (std::size_t i = 0; i < 3; ++i)
      held = held << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i)
      text.push_back(i <= group.size() ? kCharacters[held >> (18 - 6 * i) & 63U] : '=');
  }
  return text;
}

}  // namespace transkimmer
