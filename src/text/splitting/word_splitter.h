#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "text/splitting/word_list.h"

namespace transkimmer {

/// What a splitter does at a blank (see is_blank) with something visible before it.
enum class AtBlanks : std::uint8_t {
  ends_word,  ///< whatever stands behind the blank
  leaves,     ///< it looks at single characters of other kinds
  unknown
};

/// One way to cut words further, with what it does to their spelling.
struct WordSplitter {
  std::function<void(WordList&)> split;
  AtBlanks at_blanks = AtBlanks::unknown;
};

/// What Metaspace puts before a text.
enum class MetaspacePrefix : std::uint8_t {
  always,
  first,  ///< only where the text begins, and not behind an added token
  never
};

/// How blanks become marks of words (Metaspace of tokenizer.json).
struct MetaspaceOptions {
  char32_t replacement = U'\u2581';
  MetaspacePrefix prefix = MetaspacePrefix::always;
  bool split = true;
};

/// How texts become words of bytes (ByteLevel of tokenizer.json).
struct ByteLevelOptions {
  bool add_prefix_space = true;
  bool use_regex = true;
};

// The pre-tokenizers of Hugging Face's tokenizers, by their names there.

/// At white space, which goes, and around each punctuation character.
WordSplitter bert_words();
/// Runs of word characters, and of what is neither these nor white space.
WordSplitter whitespace();
/// At white space, which goes.
WordSplitter whitespace_split();
/// At each punctuation character.
WordSplitter punctuation(MatchedPart matched);
/// Between digits and others, or around each digit.
WordSplitter digits(bool individually);
/// At a character, which goes.
WordSplitter delimiter(char32_t character);
/// A symbol for each blank, which begins a word.
WordSplitter metaspace(const MetaspaceOptions& options);
/// GPT-2's words, and for each of their bytes the character that stands for it.
WordSplitter byte_level_words(const ByteLevelOptions& options);
/// At what matches the pattern, or with `invert` at what does not.
WordSplitter at_pattern(Pattern pattern, MatchedPart matched, bool invert);

}  // namespace transkimmer
