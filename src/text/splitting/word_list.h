#pragma once

#include <cstddef>
#include <vector>

#include "text/normalization/aligned_text.h"
#include "text/normalization/pattern.h"

namespace transkimmer {

/// What becomes of matches where words are cut at them.
enum class MatchedPart : std::uint8_t {
  removed,
  isolated,              ///< a word of its own
  merged_with_previous,  ///< the end of the word before
  merged_with_next,      ///< the beginning of the word behind
  contiguous             ///< neighbouring matches are one word
};

/// A text and where its words are, none of which is empty.
class WordList {
 public:
  struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// All of [begin, end) of `text` as one word. Leaves what it pleases in `text`.
  void assign(AlignedText& text, std::size_t begin, std::size_t end);

  const AlignedText& text() const { return text_; }
  const std::vector<Word>& words() const { return words_; }
  std::string_view spelling(Word word) const {
    return std::string_view(text_.text).substr(word.begin, word.end - word.begin);
  }
  /// Where in the original the word begins.
  std::uint32_t base_of(Word word) const { return text_.origin[word.begin].begin; }

  /// Cuts every word into what `parts_of(spelling, parts)` appends to an empty list of parts.
  template <class PartsOf>
  void split(MatchedPart matched, PartsOf&& parts_of) {
    next_words_.clear();
    for (const Word word : words_) {
      parts_.clear();
      parts_of(spelling(word), parts_);
      add_words(word.begin, matched);
    }
    words_.swap(next_words_);
  }

  /// Writes every word anew: `rewrite(word, rewriter)`. Words stay apart.
  template <class Rewrite>
  void rewrite(Rewrite&& rewrite) {
    next_words_.clear();
    next_text_.text.clear();
    next_text_.origin.clear();
    for (const Word word : words_) {
      const std::size_t begin = next_text_.text.size();
      TextRewriter rewriter(text_, word.begin, word.end, base_of(word), next_text_);
      rewrite(word, rewriter);
      if (begin < next_text_.text.size()) next_words_.push_back({begin, next_text_.text.size()});
    }
    words_.swap(next_words_);
    std::swap(text_, next_text_);
  }

 private:
  /// The words that parts_ make, `base` being where these begin.
  void add_words(std::size_t base, MatchedPart matched);

  AlignedText text_;
  std::vector<Word> words_;
  // Memory that is kept from call to call.
  AlignedText next_text_;
  std::vector<Word> next_words_;
  std::vector<PatternPart> parts_;
};

}  // namespace transkimmer
