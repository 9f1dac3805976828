#include "text/splitting/word_list.h"

#include <algorithm>
#include <utility>

namespace transkimmer {

void WordList::assign(AlignedText& text, std::size_t begin, std::size_t end) {
  words_.clear();
  if (begin == end) return;
  if (begin == 0 && end == text.text.size()) {
    std::swap(text_, text);
  } else {
    text_.text.assign(text.text, begin, end - begin);
    const auto from = text.origin.begin();
    text_.origin.assign(from + static_cast<std::ptrdiff_t>(begin), from + static_cast<std::ptrdiff_t>(end));
  }
  words_.push_back({0, text_.text.size()});
}

void WordList::add_words(std::size_t base, MatchedPart matched) {
  using enum MatchedPart;
  const std::size_t first = next_words_.size();
  bool after_match = false;
  const auto begins_word = [&](const PatternPart& part) {
    switch (matched) {
      case merged_with_previous:
        return !part.is_match || after_match;
      case merged_with_next:
        return part.is_match || !after_match;
      case contiguous:
        return part.is_match != after_match;
      default:
        return true;
    }
  };
  for (const PatternPart& part : parts_) {
    if (matched == removed && part.is_match) continue;
    if (next_words_.size() == first || begins_word(part)) {
      next_words_.push_back({base + part.begin, base + part.end});
    } else {
      next_words_.back().end = base + part.end;
    }
    after_match = part.is_match;
  }
  const auto own = next_words_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto is_empty = [](Word word) { return word.begin == word.end; };
  next_words_.erase(std::remove_if(own, next_words_.end(), is_empty), next_words_.end());
}

}  // namespace transkimmer
