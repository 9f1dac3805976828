#include "text/wordpiece/bert_words.h"

namespace transkimmer {
namespace {

std::array<BertCharacter, kAsciiCharacters> make_ascii_table() {
  std::array<BertCharacter, kAsciiCharacters> table{};
  for (char32_t c = 0; c < kAsciiCharacters; ++c) table[c] = bert_character(c);
  return table;
}

}  // namespace

BertCharacter bert_character(char32_t c) {
  if (is_whitespace(c)) return BertCharacter::space;
  return is_punctuation(c) ? BertCharacter::punctuation : BertCharacter::word;
}

const std::array<BertCharacter, kAsciiCharacters>& ascii_bert_characters() {
  static const std::array<BertCharacter, kAsciiCharacters> table = make_ascii_table();
  return table;
}

}  // namespace transkimmer
