#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// An answer as SQuAD's evaluation compares it: lower case, without ASCII punctuation, without the articles
/// "a", "an" and "the", words separated by single blanks. What is a letter, a blank or a word's boundary is
/// as Python has it. Invalid UTF-8 is read as U+FFFD.
std::string normalize_answer(std::string_view answer);

/// The words of a normalised answer.
std::vector<std::string> answer_tokens(std::string_view answer);

}  // namespace transkimmer
