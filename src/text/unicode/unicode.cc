#include "text/unicode/unicode.h"

#include <algorithm>
#include <cstring>

#include <utf8proc.h>

#include "text/unicode/character_table.h"
#include "text/unicode/unicode_data.h"

namespace transkimmer {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

std::uint16_t flags_of(char32_t c) {
  static const CharacterTable table;
  return table.flags(c);
}

bool has_flag(char32_t c, std::uint16_t flag) {
  return (flags_of(c) & flag) != 0;
}

int decomposition(char32_t c, utf8proc_option_t options, char32_t* out, int most) {
  utf8proc_int32_t parts[kLongestDecomposition];
  const auto count = utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, most, options, nullptr);
  std::copy_n(parts, count, out);
  return static_cast<int>(count);
}

}  // namespace

std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && is_continuation_byte(text[at])) --at;
  return at;
}

void append_utf8(char32_t c, std::string& out) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

bool has_more_characters(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return false;
  const auto starts =
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation_byte(c); });
  return static_cast<std::size_t>(starts) > limit;
}

std::size_t ascii_prefix(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::size_t at = 0;
  for (std::uint64_t word = 0; at + sizeof(word) <= text.size(); at += sizeof(word)) {
    std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
  return at;
}

bool is_valid_utf8(std::string_view text) {
  std::size_t at = ascii_prefix(text);
  while (at < text.size()) {
    const int length = character_length(text, at);
    if (length < 0) return false;
    at += static_cast<std::size_t>(length);
    if (length == 1) at += ascii_prefix(text.substr(at));
  }
  return true;
}

RepairedText repair_utf8(std::string_view bytes) {
  RepairedText repaired;
  for (std::size_t at = 0; at < bytes.size();) {
    const int found = character_length(bytes, at);
    const auto length = static_cast<std::size_t>(std::abs(found));
    const std::size_t before = repaired.text.size();
    if (found > 0) {
      repaired.text.append(bytes.substr(at, length));
    } else {
      append_utf8(kReplacement, repaired.text);
    }
    repaired.origin.insert(repaired.origin.end(), repaired.text.size() - before,
                           static_cast<std::uint32_t>(at));
    at += length;
  }
  repaired.origin.push_back(static_cast<std::uint32_t>(bytes.size()));
  return repaired;
}

std::size_t characters_before(std::string_view text, std::size_t at) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < at; ++characters)
    i += static_cast<std::size_t>(std::abs(character_length(text, i)));
  return characters;
}

bool is_whitespace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= '\t' && c <= '\r');
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
         c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

std::size_t leading_white_space(std::string_view text) {
  const std::size_t readable = is_valid_utf8(text) ? text.size() : ascii_prefix(text);
  std::size_t at = 0;
  while (at < readable) {
    const Codepoint c = decode_utf8(text, at);
    if (!is_whitespace(c.value)) break;
    at += c.length;
  }
  return at;
}

bool is_letter(char32_t c) {
  return has_flag(c, character_flags::kLetter);
}

bool is_number(char32_t c) {
  return has_flag(c, character_flags::kNumber);
}

bool is_punctuation(char32_t c) {
  return has_flag(c, character_flags::kPunctuation);
}

bool is_removed_by_cleaning(char32_t c) {
  return has_flag(c, character_flags::kRemoved);
}

bool is_nonspacing_mark(char32_t c) {
  return has_flag(c, character_flags::kNonspacingMark);
}

bool is_mark(char32_t c) {
  return has_flag(c, character_flags::kMark);
}

bool is_numeric(char32_t c) {
  return has_flag(c, character_flags::kNumeric);
}

GraphemeClass grapheme_class(char32_t c) {
  return static_cast<GraphemeClass>(flags_of(c) >> kGraphemeShift);
}

bool is_word_character(char32_t c) {
  return has_flag(c, character_flags::kWord);
}

bool is_cjk_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

int lower_case(char32_t c, char32_t out[2]) {
  if (c == 0x130) {
    out[0] = 'i';
    out[1] = 0x307;
    return 2;
  }
  out[0] = c;
  if (has_flag(c, CharacterTable::kInUpperCase)) {
    const auto runs = lower_case_runs();
    const auto run = std::partition_point(runs.begin(), runs.end(),
                                          [c](const LowerCaseRun& candidate) { return candidate.last < c; });
    out[0] = static_cast<char32_t>(static_cast<std::int32_t>(c) + run->distance);
  }
  return 1;
}

// What a character that is assigned decomposes to, and its combining class, are the same in every version of
// Unicode: of those that the tokenizers know, utf8proc knows both.

int canonical_decomposition(char32_t c, char32_t out[8]) {
  out[0] = c;
  if (!has_flag(c, character_flags::kDecomposed)) return 1;
  return decomposition(c, UTF8PROC_DECOMPOSE, out, 8);
}

int compatibility_decomposition(char32_t c, char32_t out[kLongestDecomposition]) {
  if (!has_flag(c, character_flags::kCompatible)) return canonical_decomposition(c, out);
  constexpr auto kCompatible = static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
  return decomposition(c, kCompatible, out, kLongestDecomposition);
}

int combining_class(char32_t c) {
  if (!has_flag(c, character_flags::kReordered)) return 0;
  return utf8proc_get_property(static_cast<utf8proc_int32_t>(c))->combining_class;
}

}  // namespace transkimmer
