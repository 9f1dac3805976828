#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "text/unicode/unicode.h"

namespace transkimmer {

/// What a character is to BERT's pre-tokenizer.
enum class BertCharacter : std::uint8_t { word, space, punctuation };
/// As is_whitespace and is_punctuation tell; every other character belongs to a word.
BertCharacter bert_character(char32_t c);

/// Characters of one byte, whose classes stand in a table.
inline constexpr std::size_t kAsciiCharacters = 128;
/// The same for ASCII characters, as a table.
const std::array<BertCharacter, kAsciiCharacters>& ascii_bert_characters();

/// BERT's words in [begin, end) of `text`, normalised and valid UTF-8: `word(from, to)` is called for every
/// run of characters between white space and punctuation, and for every punctuation character, from left to
/// right.
template <class Word>
void for_each_bert_word(std::string_view text, std::size_t begin, std::size_t end, Word&& word) {
  const auto& ascii = ascii_bert_characters();
  text = text.substr(0, end);
  std::size_t word_begin = begin;
  for (std::size_t at = begin; at < end;) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const Codepoint c = byte < kAsciiCharacters ? Codepoint{byte, 1} : decode_utf8(text, at);
    const BertCharacter kind = byte < kAsciiCharacters ? ascii[byte] : bert_character(c.value);
    const std::size_t next = at + c.length;
    if (kind != BertCharacter::word) {
      if (word_begin < at) word(word_begin, at);
      if (kind == BertCharacter::punctuation) word(at, next);
      word_begin = next;
    }
    at = next;
  }
  if (word_begin < end) word(word_begin, end);
}

}  // namespace transkimmer
