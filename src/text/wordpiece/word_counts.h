#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/wordpiece/bert_normalizer.h"

namespace transkimmer {

/// A word of a corpus, and how often it occurs.
struct WordCount {
  std::string word;
  std::uint64_t count = 0;
  bool operator==(const WordCount&) const = default;
};

/// Counts the words of texts as BERT's tokenizer sees them: normalised, cut at white space and punctuation.
/// Takes about 100 bytes per distinct word.
class WordCounter {
 public:
  /// Words of more characters than `max_characters` are passed over: the tokenizer reads them as unknown.
  explicit WordCounter(BertNormalizerOptions normalizer, std::size_t max_characters = 100)
      : normalizer_(normalizer), max_characters_(max_characters) {}

  /// Invalid UTF-8 counts as U+FFFD, which cleaning drops. Throws UsageError for a text of 4 GiB or more.
  void add(std::string_view text);

  /// Words counted so far, and how many different ones.
  std::uint64_t words() const { return words_; }
  std::size_t distinct_words() const { return counts_.size(); }

  /// The counts, by word in the order of bytes: the same for the same words in any order. Leaves the counter
  /// empty.
  std::vector<WordCount> take();

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view word) const { return std::hash<std::string_view>{}(word); }
  };

  BertNormalizer normalizer_;
  std::size_t max_characters_;
  NormalizedText normalized_;  // kept for its memory
  std::unordered_map<std::string, std::uint64_t, Hash, std::equal_to<>> counts_;
  std::uint64_t words_ = 0;
};

}  // namespace transkimmer
