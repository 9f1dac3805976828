#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/byte_trie.h"
#include "text/unicode/unicode.h"

namespace transkimmer {

/// How words are covered by pieces.
struct WordCoverOptions {
  std::string continuing_prefix = "##";  ///< of tokens that do not begin a word
  std::size_t max_characters = 100;      ///< a longer word is not covered
};

/// The tokens of a WordPiece vocabulary, for words to be covered from the left by the longest that fit.
class WordCover {
 public:
  /// `tokens` by id. Those that `allowed` rules out are never found.
  WordCover(std::span<const std::string> tokens, const std::vector<bool>& allowed,
            const WordCoverOptions& options);

  /// Calls `add(id, begin, end)` for the tokens of `word` from left to right. Returns false when the word
  /// cannot be covered; what was added is of no worth then.
  template <class Add>
  bool cover(std::string_view word, Add&& add) const {
    if (has_more_characters(word, max_characters_)) return false;
    for (std::size_t at = 0; at < word.size();) {
      const ByteTrie::Match match = (at == 0 ? starts_ : continuations_).longest_prefix(word.substr(at));
      if (match.value < 0) return false;
      add(match.value, at, at + match.length);
      at += match.length;
    }
    return true;
  }

 private:
  ByteTrie starts_;
  ByteTrie continuations_;
  std::size_t max_characters_;
};

}  // namespace transkimmer
