#include "text/byte_level_bpe/gpt2_words.h"

#include <array>
#include <cstdint>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

enum class Kind : std::uint8_t { letter, number, space, other };

Kind kind_of(char32_t c) {
  if (is_whitespace(c)) return Kind::space;
  if (is_letter(c)) return Kind::letter;
  return is_number(c) ? Kind::number : Kind::other;
}

constexpr std::size_t kAscii = 128;

std::array<Kind, kAscii> ascii_kinds() {
  std::array<Kind, kAscii> kinds{};
  for (char32_t c = 0; c < kAscii; ++c) kinds[c] = kind_of(c);
  return kinds;
}

struct Character {
  Kind kind = Kind::other;
  std::uint32_t length = 1;
};

Character character_at(std::string_view text, std::size_t at) {
  static const std::array<Kind, kAscii> ascii = ascii_kinds();
  const auto byte = static_cast<unsigned char>(text[at]);
  if (byte < kAscii) return {ascii[byte], 1};
  const Codepoint c = decode_utf8(text, at);
  return {kind_of(c.value), c.length};
}

/// Length of the contraction that `text` starts with (the apostrophe included), or 0.
std::size_t contraction_length(std::string_view text) {
  if (text.size() < 2 || text[0] != '\'') return 0;
  const char first = text[1];
  if (first == 's' || first == 't') return 2;
  const char second = text.size() > 2 ? text[2] : '\0';
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e')) return 3;
  if (first == 'm') return 2;
  if (first == 'l' && second == 'l') return 3;
  return first == 'd' ? 2 : 0;
}

std::size_t run_end(std::string_view text, std::size_t at, Kind kind) {
  while (at < text.size()) {
    const Character c = character_at(text, at);
    if (c.kind != kind) break;
    at += c.length;
  }
  return at;
}

}  // namespace

std::size_t gpt2_word_end(std::string_view text, std::size_t at) {
  if (const std::size_t length = contraction_length(text.substr(at)); length > 0) return at + length;
  const Character first = character_at(text, at);
  if (first.kind != Kind::space) return run_end(text, at, first.kind);
  if (text[at] == ' ' && at + 1 < text.size()) {
    const Kind next = character_at(text, at + 1).kind;
    if (next != Kind::space) return run_end(text, at + 1, next);
  }
  const std::size_t end = run_end(text, at, Kind::space);
  if (end == text.size()) return end;
  // The last space character belongs to what follows, unless it is the only one.
  const std::size_t last = last_character(text.substr(0, end));
  return last > at ? last : end;
}

}  // namespace transkimmer
