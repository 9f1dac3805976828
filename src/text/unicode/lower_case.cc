#include "text/unicode/lower_case.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include <utf8proc.h>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr char32_t kSmallSigma = 0x3C3;
constexpr char32_t kFinalSigma = 0x3C2;

utf8proc_category_t category(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c));
}

/// The property Case_Ignorable: what may stand inside a word without being one of its letters.
bool is_case_ignorable(char32_t c) {
  // Word_Break MidLetter, MidNumLet and Single_Quote.
  constexpr std::array<char32_t, 17> kInsideWords = {'\'',   '.',    ':',    0xB7,   0x387,  0x55F,
                                                     0x5F4,  0x2018, 0x2019, 0x2024, 0x2027, 0xFE13,
                                                     0xFE52, 0xFE55, 0xFF07, 0xFF0E, 0xFF1A};
  switch (category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return std::binary_search(kInsideWords.begin(), kInsideWords.end(), c);
  }
}

/// The property Cased.
bool is_cased(char32_t c) {
  const auto kind = category(c);
  if (kind == UTF8PROC_CATEGORY_LU || kind == UTF8PROC_CATEGORY_LL || kind == UTF8PROC_CATEGORY_LT)
    return true;
  // Ordinal indicators, Roman numerals, and letters in circles and squares.
  return c == 0xAA || c == 0xBA || (c >= 0x2160 && c <= 0x217F) || (c >= 0x24B6 && c <= 0x24E9) ||
         (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189);
}

bool cased_before(std::string_view text, std::size_t at) {
  while (at > 0) {
    at = last_character(text.substr(0, at));
    const char32_t c = decode_utf8(text, at).value;
    if (!is_case_ignorable(c)) return is_cased(c);
  }
  return false;
}

bool cased_after(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Codepoint c = decode_utf8(text, at);
    if (!is_case_ignorable(c.value)) return is_cased(c.value);
    at += c.length;
  }
  return false;
}

}  // namespace

std::string lower_cased(std::string_view text) {
  std::string lower;
  lower.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Codepoint c = decode_utf8(text, at);
    if (c.value == kCapitalSigma) {
      const bool ends_word = cased_before(text, at) && !cased_after(text, at + c.length);
      append_utf8(ends_word ? kFinalSigma : kSmallSigma, lower);
    } else {
      char32_t mapped[2];
      const int count = lower_case(c.value, mapped);
      for (int i = 0; i < count; ++i) append_utf8(mapped[i], lower);
    }
    at += c.length;
  }
  return lower;
}

}  // namespace transkimmer
