#include "text/wordpiece/word_counts.h"

#include <algorithm>
#include <utility>

#include "text/any_bytes.h"
#include "text/unicode/unicode.h"
#include "text/wordpiece/bert_words.h"

namespace transkimmer {

void WordCounter::add(std::string_view text) {
  check_text_size(text.size());
  if (!is_valid_utf8(text)) return add(repair_utf8(text).text);
  normalizer_.normalize(text, 0, normalized_);
  const std::string_view normalized = normalized_.text();
  for_each_bert_word(normalized, 0, normalized.size(), [&](std::size_t from, std::size_t to) {
    const std::string_view word = normalized.substr(from, to - from);
    if (has_more_characters(word, max_characters_)) return;
    ++words_;
    if (const auto known = counts_.find(word); known != counts_.end()) {
      ++known->second;
    } else {
      counts_.emplace(word, 1);
    }
  });
}

std::vector<WordCount> WordCounter::take() {
  std::vector<WordCount> sorted;
  sorted.reserve(counts_.size());
  while (!counts_.empty()) {
    auto node = counts_.extract(counts_.begin());
    sorted.push_back({std::move(node.key()), node.mapped()});
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const WordCount& a, const WordCount& b) { return a.word < b.word; });
  words_ = 0;
  return sorted;
}

}  // namespace transkimmer
