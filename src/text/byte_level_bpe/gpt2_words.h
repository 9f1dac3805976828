#pragma once

#include <cstddef>
#include <string_view>

namespace transkimmer {

/// Where the word that starts at `text[at]` ends, by GPT-2's rule, the first alternative that fits:
/// an English contraction ('s 't 're 've 'm 'll 'd); letters, numbers or other visible characters, each with
/// at most one blank before; white space without its last character when something visible follows; white
/// space. `text` is valid UTF-8, `at` the first byte of a character in it. Every byte belongs to exactly one
/// word.
std::size_t gpt2_word_end(std::string_view text, std::size_t at);

}  // namespace transkimmer
