#pragma once

#include <cstddef>
#include <string_view>

namespace transkimmer {

/// White space at which every tokenizer of ours ends a word. (Line tabulation and form feed are not: BERT's
/// cleaning removes them, and joins what stands at their sides.)
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// The last place at or before `limit` (< text.size()) where something visible stands before a blank, so that
/// a word ends there; 0 when there is none. Takes any bytes.
std::size_t last_word_end(std::string_view text, std::size_t limit);

}  // namespace transkimmer
