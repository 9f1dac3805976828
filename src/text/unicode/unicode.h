#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings/utf8.h"
#include "text/unicode/unicode_data.h"

namespace transkimmer {

/// The first byte of the last character of non-empty, valid UTF-8.
std::size_t last_character(std::string_view text);

/// Whether valid UTF-8 has more than `limit` characters.
bool has_more_characters(std::string_view text, std::size_t limit);

/// Appends the 1 to 4 bytes of a code point. That it is one is not checked.
void append_utf8(char32_t codepoint, std::string& out);

/// Number of leading bytes that are ASCII.
std::size_t ascii_prefix(std::string_view text);

/// Whether all of it is well-formed UTF-8: no overlong forms, surrogates or values beyond U+10FFFF either.
bool is_valid_utf8(std::string_view text);

/// Text in which every maximal invalid subsequence became one U+FFFD.
struct RepairedText {
  std::string text;
  std::vector<std::uint32_t>
      origin;  ///< for each byte of `text` and its end: the byte of the original it stands for
};
/// Any bytes as valid UTF-8, which stays what it is.
RepairedText repair_utf8(std::string_view bytes);

/// Code points before byte `at` of any bytes, each maximal invalid subsequence counted as one: how Python
/// counts after decoding with errors="replace".
std::size_t characters_before(std::string_view text, std::size_t at);

// Character classes, as Hugging Face's tokenizers read them (see unicode_data.h).

/// The Unicode property White_Space.
bool is_whitespace(char32_t c);
/// Where a string's first character that is not white space begins. Bytes that are no UTF-8 are none.
std::size_t leading_white_space(std::string_view text);
/// General categories L*.
bool is_letter(char32_t c);
/// General categories N*.
bool is_number(char32_t c);
/// ASCII punctuation (which has `$+<=>^`|~` too) or a general category P*.
bool is_punctuation(char32_t c);
/// What BERT's cleaning removes: NUL, U+FFFD and the categories C*, except tab, line feed and carriage
/// return.
bool is_removed_by_cleaning(char32_t c);
/// General category Mn: what stripping accents removes.
bool is_nonspacing_mark(char32_t c);
/// General categories M*: what the normalizer StripAccents removes.
bool is_mark(char32_t c);
/// A digit to the pre-tokenizer Digits.
bool is_numeric(char32_t c);
/// An alphabetic character, mark, decimal number, connector punctuation or joiner: `\w` of a regular
/// expression.
bool is_word_character(char32_t c);
/// BERT's CJK blocks: each character is a word of its own.
bool is_cjk_ideograph(char32_t c);
/// U+FDFA becomes this many.
inline constexpr int kLongestDecomposition = 18;

/// How the character joins its neighbours in grapheme clusters.
GraphemeClass grapheme_class(char32_t c);

/// Lower case without context: only U+0130 becomes two characters. Returns how many were written to `out`.
int lower_case(char32_t c, char32_t out[2]);
/// Full canonical decomposition, without reordering. Returns how many were written to `out`.
int canonical_decomposition(char32_t c, char32_t out[8]);
/// Full compatibility decomposition, without reordering. Returns how many were written to `out`.
int compatibility_decomposition(char32_t c, char32_t out[kLongestDecomposition]);
/// By which NFD orders the marks behind a character; 0: it stays where it is.
int combining_class(char32_t c);

}  // namespace transkimmer
