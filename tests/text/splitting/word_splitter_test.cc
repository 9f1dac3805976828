#include "text/splitting/word_splitter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

WordList split(const std::string& text, const std::vector<WordSplitter>& splitters, std::uint32_t base = 0) {
  AlignedText aligned;
  aligned.assign(text, base);
  WordList words;
  words.assign(aligned, 0, text.size());
  for (const WordSplitter& splitter : splitters) splitter.split(words);
  return words;
}

std::vector<std::string> words_of(const std::string& text, const std::vector<WordSplitter>& splitters,
                                  std::uint32_t base = 0) {
  const WordList words = split(text, splitters, base);
  std::vector<std::string> spellings;
  for (const WordList::Word word : words.words()) spellings.emplace_back(words.spelling(word));
  return spellings;
}

TEST(WordSplitters, MatchesAreDroppedKeptOrJoined) {
  const auto words = [](MatchedPart matched, bool invert = false) {
    return words_of("a--b-c", {at_pattern(Pattern::plain("-"), matched, invert)});
  };
  EXPECT_THAT(words(MatchedPart::removed), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words(MatchedPart::removed, true), ElementsAre("-", "-", "-"));
  EXPECT_THAT(words(MatchedPart::isolated), ElementsAre("a", "-", "-", "b", "-", "c"));
  EXPECT_THAT(words(MatchedPart::merged_with_previous), ElementsAre("a-", "-", "b-", "c"));
  EXPECT_THAT(words(MatchedPart::merged_with_next), ElementsAre("a", "-", "-b", "-c"));
  EXPECT_THAT(words(MatchedPart::contiguous), ElementsAre("a", "--", "b", "-", "c"));
}

TEST(WordSplitters, WhiteSpaceAndPunctuation) {
  EXPECT_THAT(words_of("It's\u3000so.", {bert_words()}), ElementsAre("It", "'", "s", "so", "."));
  EXPECT_THAT(words_of("It's so..", {whitespace()}), ElementsAre("It", "'", "s", "so", ".."));
  EXPECT_THAT(words_of(" It's\tso ", {whitespace_split()}), ElementsAre("It's", "so"));
  EXPECT_THAT(words_of("a!!b", {punctuation(MatchedPart::contiguous)}), ElementsAre("a", "!!", "b"));
  EXPECT_THAT(words_of("a12\u0663b", {digits(false)}), ElementsAre("a", "12\u0663", "b"));
  EXPECT_THAT(words_of("a12b", {digits(true)}), ElementsAre("a", "1", "2", "b"));
  EXPECT_THAT(words_of("a,b,,c", {delimiter(',')}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(words_of(" \n", {whitespace_split()}), IsEmpty());
}

TEST(WordSplitters, MetaspaceBeginsWordsWithItsSymbol) {
  EXPECT_THAT(words_of("a b  c", {metaspace({})}), ElementsAre("\u2581a", "\u2581b", "\u2581", "\u2581c"));
  EXPECT_THAT(words_of(" a", {metaspace({})}), ElementsAre("\u2581a"));
  EXPECT_THAT(words_of("\u2581"
                       "a",
                       {metaspace({})}),
              ElementsAre("\u2581a"));
  EXPECT_THAT(words_of("a b", {metaspace({.replacement = '_', .split = false})}), ElementsAre("_a_b"));
  EXPECT_THAT(words_of("a b", {metaspace({.prefix = MetaspacePrefix::never})}), ElementsAre("a", "\u2581b"));
  EXPECT_THAT(words_of("a b", {whitespace_split(), metaspace({})}), ElementsAre("\u2581a", "\u2581b"));
}

TEST(WordSplitters, MetaspaceKnowsWhereTheTextBegins) {
  const MetaspaceOptions first = {.prefix = MetaspacePrefix::first};
  EXPECT_THAT(words_of("a b", {metaspace(first)}), ElementsAre("\u2581a", "\u2581b"));
  EXPECT_THAT(words_of("a b", {metaspace(first)}, 7), ElementsAre("a", "\u2581b"));
  EXPECT_THAT(words_of("a b", {whitespace_split(), metaspace(first)}), ElementsAre("\u2581a", "b"));
}

TEST(WordSplitters, TheSymbolOfABlankStandsForIt) {
  const WordList words = split("a b", {metaspace({})});
  ASSERT_EQ(words.words().size(), 2U);
  const auto range = [&](std::size_t i) {
    return words.text().origin_of(words.words()[i].begin, words.words()[i].end);
  };
  EXPECT_EQ(range(0), (ByteRange{0, 1}));
  EXPECT_EQ(range(1), (ByteRange{1, 3}));
}

TEST(WordSplitters, BytesAreSpelledAsSymbols) {
  EXPECT_THAT(words_of("It's \u00E9", {byte_level_words({.add_prefix_space = true})}),
              ElementsAre("\u0120It", "'s", "\u0120\u00C3\u00A9"));
  EXPECT_THAT(words_of("It's a", {byte_level_words({.add_prefix_space = false, .use_regex = false})}),
              ElementsAre("It's\u0120"
                          "a"));
}

}  // namespace
}  // namespace transkimmer
