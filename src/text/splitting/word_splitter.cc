#include "text/splitting/word_splitter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/byte_level_bpe/gpt2_words.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

/// The characters that `matches` tells are matches of one each; between these stand the others.
template <class Matches>
void add_parts(std::string_view word, const Matches& matches, std::vector<PatternPart>& parts) {
  std::size_t done = 0;
  for (std::size_t at = 0; at < word.size();) {
    const Codepoint c = decode_utf8(word, at);
    const std::size_t end = at + c.length;
    if (matches(c.value)) {
      if (done < at) parts.push_back({done, at, false});
      parts.push_back({at, end, true});
      done = end;
    }
    at = end;
  }
  if (done < word.size()) parts.push_back({done, word.size(), false});
}

template <class Matches>
void split_at(WordList& words, MatchedPart matched, const Matches& matches) {
  words.split(matched, [&](std::string_view word, std::vector<PatternPart>& parts) {
    add_parts(word, matches, parts);
  });
}

template <class Matches>
WordSplitter at_characters(MatchedPart matched, Matches matches, AtBlanks at_blanks = AtBlanks::leaves) {
  return {[=](WordList& words) { split_at(words, matched, matches); }, at_blanks};
}

enum class Kind : std::uint8_t { space, word, other };

Kind kind_of(char32_t c) {
  if (is_whitespace(c)) return Kind::space;
  return is_word_character(c) ? Kind::word : Kind::other;
}

void add_runs(std::string_view word, std::vector<PatternPart>& parts) {
  Kind last = Kind::space;
  for (std::size_t at = 0; at < word.size();) {
    const Codepoint c = decode_utf8(word, at);
    const Kind kind = kind_of(c.value);
    if (parts.empty() || kind != last) parts.push_back({at, at, kind == Kind::space});
    at += c.length;
    parts.back().end = at;
    last = kind;
  }
}

/// Writes `symbol` for each blank, and before a text where `with_prefix` says so, unless it is there.
class MetaspaceWriter {
 public:
  explicit MetaspaceWriter(const MetaspaceOptions& options) : prefix_(options.prefix) {
    append_utf8(options.replacement, symbol_);
  }

  void operator()(WordList& words) const {
    words.rewrite([&](WordList::Word word, TextRewriter& rewriter) {
      std::string_view text = words.spelling(word);
      const bool has_prefix = text.front() == ' ' || text.starts_with(symbol_);
      if (!has_prefix && wants_prefix(words.base_of(word))) {
        rewriter.put_before(symbol_);
        text.remove_prefix(decode_utf8(text, 0).length);
      }
      while (!text.empty()) {
        const std::size_t run = std::min(text.find(' '), text.size());
        rewriter.keep(run);
        if (run < text.size()) rewriter.replace(1, symbol_);
        text.remove_prefix(std::min(run + 1, text.size()));
      }
    });
  }

 private:
  bool wants_prefix(std::uint32_t base) const {
    return prefix_ == MetaspacePrefix::always || (prefix_ == MetaspacePrefix::first && base == 0);
  }

  std::string symbol_;
  MetaspacePrefix prefix_;
};

void add_gpt2_words(std::string_view text, std::vector<PatternPart>& parts) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = gpt2_word_end(text, at);
    parts.push_back({at, end, true});
    at = end;
  }
}

void put_prefix_space(WordList& words) {
  words.rewrite([&](WordList::Word word, TextRewriter& rewriter) {
    if (words.spelling(word).front() != ' ') rewriter.put_before(" ");
    rewriter.keep_rest();
  });
}

void write_bytes(WordList& words) {
  words.rewrite([&](WordList::Word word, TextRewriter& rewriter) {
    const std::string_view text = words.spelling(word);
    for (const char byte : text)
      rewriter.put({byte_symbol(static_cast<unsigned char>(byte)), is_continuation_byte(byte) ? 1 : 0});
  });
}

}  // namespace

WordSplitter bert_words() {
  return {[](WordList& words) {
            split_at(words, MatchedPart::removed, is_whitespace);
            split_at(words, MatchedPart::isolated, is_punctuation);
          },
          AtBlanks::ends_word};
}

WordSplitter whitespace() {
  return {[](WordList& words) { words.split(MatchedPart::removed, add_runs); }, AtBlanks::ends_word};
}

WordSplitter whitespace_split() {
  return at_characters(MatchedPart::removed, is_whitespace, AtBlanks::ends_word);
}

WordSplitter punctuation(MatchedPart matched) {
  return at_characters(matched, is_punctuation);
}

WordSplitter digits(bool individually) {
  return at_characters(individually ? MatchedPart::isolated : MatchedPart::contiguous, is_numeric);
}

WordSplitter delimiter(char32_t character) {
  return at_characters(MatchedPart::removed, [=](char32_t c) { return c == character; });
}

WordSplitter metaspace(const MetaspaceOptions& options) {
  return {[writer = MetaspaceWriter(options), options](WordList& words) {
            writer(words);
            if (options.split)
              split_at(words, MatchedPart::merged_with_next,
                       [&](char32_t c) { return c == options.replacement; });
          },
          AtBlanks::unknown};
}

WordSplitter byte_level_words(const ByteLevelOptions& options) {
  return {[=](WordList& words) {
            if (options.add_prefix_space) put_prefix_space(words);
            if (options.use_regex) words.split(MatchedPart::isolated, add_gpt2_words);
            write_bytes(words);
          },
          options.use_regex ? AtBlanks::ends_word : AtBlanks::unknown};
}

WordSplitter at_pattern(Pattern pattern, MatchedPart matched, bool invert) {
  return {[=, pattern = std::move(pattern)](WordList& words) {
            words.split(matched, [&](std::string_view word, std::vector<PatternPart>& parts) {
              parts = pattern.parts(word);
              for (PatternPart& part : parts) part.is_match ^= invert;
            });
          },
          AtBlanks::unknown};
}

}  // namespace transkimmer
