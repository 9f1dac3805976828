#include "metrics/answer_normalization.h"

#include <cstddef>

#include "text/unicode/lower_case.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// What str.split() splits at: Unicode's white space and the four ASCII separators.
bool separates_words(char32_t c) {
  return is_whitespace(c) || (c >= 0x1C && c <= 0x1F);
}

/// `\w` of Python's regular expressions, where marks are none.
bool is_word_character_of_python(char32_t c) {
  return is_letter(c) || is_number(c) || c == '_';
}

std::string without_ascii_punctuation(std::string_view text) {
  std::string kept;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || !is_punctuation(byte)) kept.push_back(c);
  }
  return kept;
}

/// Where the run of characters that are (or are not) of a word ends, which begins at `at`.
std::size_t end_of_run(std::string_view text, std::size_t at) {
  const bool word = is_word_character_of_python(decode_utf8(text, at).value);
  while (at < text.size()) {
    const Codepoint c = decode_utf8(text, at);
    if (is_word_character_of_python(c.value) != word) break;
    at += c.length;
  }
  return at;
}

/// Every `\b(a|an|the)\b` becomes a blank.
std::string without_articles(std::string_view text) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_run(text, at);
    const std::string_view run = text.substr(at, end - at);
    const bool article = run == "a" || run == "an" || run == "the";
    kept += article ? std::string_view(" ") : run;
    at = end;
  }
  return kept;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (std::size_t at = 0; at < text.size();) {
    const Codepoint c = decode_utf8(text, at);
    const bool was_inside = inside;
    inside = !separates_words(c.value);
    if (inside && !was_inside) words.emplace_back();
    if (inside) words.back() += text.substr(at, c.length);
    at += c.length;
  }
  return words;
}

}  // namespace

std::vector<std::string> answer_tokens(std::string_view answer) {
  std::string repaired;
  if (!is_valid_utf8(answer)) {
    repaired = repair_utf8(answer).text;
    answer = repaired;
  }
  return split_words(without_articles(without_ascii_punctuation(lower_cased(answer))));
}

std::string normalize_answer(std::string_view answer) {
  std::string normalized;
  for (const std::string& word : answer_tokens(answer)) {
    if (!normalized.empty()) normalized += ' ';
    normalized += word;
  }
  return normalized;
}

}  // namespace transkimmer
