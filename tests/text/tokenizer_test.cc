#include "text/tokenizer.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using testing::ElementsAre;

std::string repeated(const std::string& unit, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += unit;
  return text;
}

std::vector<std::string> tokens_of(const Tokenizer& tokenizer, const Encoding& encoding) {
  std::vector<std::string> tokens;
  for (const std::int32_t id : encoding.ids) tokens.emplace_back(tokenizer.token(id));
  return tokens;
}

TEST(WordPiece, SourcesOfMultiByteTextAreWholeCharacters) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  EXPECT_THAT(sources_of(*tokenizer, "Café, 日本 naïve"), ElementsAre("Café", ",", "日", "本", "naïve"));
  EXPECT_THAT(tokens_of(*tokenizer, "Café, 日本 naïve"), ElementsAre("cafe", ",", "日", "本", "naive"));
}

TEST(WordPiece, RemovedCharactersInsideAWordStayInItsSource) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  EXPECT_THAT(sources_of(*tokenizer, "x the\u00ADcat"), testing::SizeIs(testing::Gt(2U)));
  EXPECT_THAT(sources_of(*tokenizer, "c\u00ADat sat"), ElementsAre("c\u00ADat", "sat"));
}

TEST(WordPiece, InvalidUtf8CutsOutTheBytesGiven) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  EXPECT_THAT(sources_of(*tokenizer, "cat \xFF\xC3 sat\xE2\x82"), ElementsAre("cat", "sat"));
  EXPECT_THAT(sources_of(*tokenizer,
                         "c\xF0\x9F"
                         "at"),
              ElementsAre("c\xF0\x9F"
                          "at"));
}

TEST(WordPiece, CountlessMarksTakeTimeInProportion) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  // Canonical order moves every second mark before the first: inserted one by one they would take a minute.
  const std::string text = "cat" + repeated("\u0301\u0323", 300'000) + " sat";
  EXPECT_THAT(tokens_of(*tokenizer, text), ElementsAre("cat", "sat"));
}

TEST(ByteLevelBpe, InvalidUtf8IsReadAsReplacementCharacters) {
  const auto tokenizer = sample_tokenizer("byte-level-bpe");
  EXPECT_EQ(tokens_of(*tokenizer,
                      "a\xFF"
                      "b"),
            tokens_of(*tokenizer, "a\uFFFDb"));
  EXPECT_EQ(tokens_of(*tokenizer, "\xED\xA0\x80"), tokens_of(*tokenizer, "\uFFFD\uFFFD\uFFFD"));
  EXPECT_THAT(sources_of(*tokenizer, "\xE2\x82"), testing::Each("\xE2\x82"));
}

TEST(ByteLevelBpe, OffsetsLeaveOutBlanksAndKeepCharactersWhole) {
  const auto tokenizer = sample_tokenizer("byte-level-bpe");
  EXPECT_THAT(sources_of(*tokenizer, "the cat"), ElementsAre("the", "cat"));
  for (const std::string& source : sources_of(*tokenizer, "😀 é")) EXPECT_TRUE(is_valid_utf8(source));
}

class BothTokenizers : public testing::TestWithParam<const char*> {};

TEST_P(BothTokenizers, TakeHundredThousandCharacterWords) {
  const auto tokenizer = sample_tokenizer(GetParam());
  EXPECT_GE(tokenizer->pieces(std::string(100'000, 'a')).size(), 1U);
  EXPECT_GE(tokenizer->pieces(repeated("ab", 50'000)).size(), 1U);
  EXPECT_GE(tokenizer->pieces(repeated("e\u0301", 50'000)).size(), 1U);
  EXPECT_GE(tokenizer->pieces(std::string("x") + repeated("\u0301", 50'000)).size(), 1U);
}

TEST_P(BothTokenizers, MakeNothingOfNothing) {
  const auto tokenizer = sample_tokenizer(GetParam());
  EXPECT_TRUE(tokenizer->pieces("").empty());
  EXPECT_EQ(tokenizer->encode("").ids.size(), 2U);
}

TEST_P(BothTokenizers, RefuseIdsOutOfRange) {
  const auto tokenizer = sample_tokenizer(GetParam());
  EXPECT_THROW(tokenizer->token(-1), UsageError);
  EXPECT_THROW(tokenizer->token(static_cast<std::int32_t>(tokenizer->vocabulary_size())), UsageError);
}

TEST_P(BothTokenizers, GiveTheSameToManyThreads) {
  const auto tokenizer = sample_tokenizer(GetParam());
  const std::string text = repeated("the layer skimmed café 日本 tokens; ", 50);
  const std::vector<std::int32_t> expected = tokenizer->encode(text).ids;
  std::vector<std::vector<std::int32_t>> found(4);
  std::vector<std::thread> threads;
  for (auto& ids : found) threads.emplace_back([&] { ids = tokenizer->encode(text).ids; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(found, testing::Each(expected));
}

INSTANTIATE_TEST_SUITE_P(, BothTokenizers, testing::Values("wordpiece", "byte-level-bpe"),
                         [](const auto& name) { return std::string(name.index == 0 ? "WordPiece" : "Bpe"); });

TEST(Encode, PutsBertSpecialTokensAroundTexts) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  const Encoding pair = tokenizer->encode_pair("the cat", "sat");
  EXPECT_THAT(tokens_of(*tokenizer, pair), ElementsAre("[CLS]", "the", "cat", "[SEP]", "sat", "[SEP]"));
  EXPECT_THAT(pair.type_ids, ElementsAre(0, 0, 0, 0, 1, 1));
  EXPECT_EQ(pair.segments[4], Segment::second);
  EXPECT_EQ(pair.segments[5], Segment::special);
  EXPECT_EQ(pair.offsets[2], (ByteRange{4, 7}));
  EXPECT_EQ(pair.offsets[4], (ByteRange{0, 3}));
  EXPECT_EQ(pair.offsets[5], ByteRange{});
}

TEST(Encode, PutsRobertaSpecialTokensAroundTexts) {
  const auto tokenizer = sample_tokenizer("byte-level-bpe");
  const Encoding pair = tokenizer->encode_pair("a", "b");
  EXPECT_THAT(tokens_of(*tokenizer, pair), ElementsAre("<s>", "a", "</s>", "</s>", "b", "</s>"));
  EXPECT_THAT(pair.type_ids, testing::Each(0));
}

struct Kept {
  std::size_t first;
  std::size_t second;
  bool operator==(const Kept&) const = default;
};

Kept kept(std::size_t first, std::size_t second, EncodeOptions options) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  const Encoding encoding =
      tokenizer->encode_pair(repeated("cat ", first), repeated("sat ", second), options);
  Kept count{};
  for (const Segment segment : encoding.segments) {
    count.first += segment == Segment::first;
    count.second += segment == Segment::second;
  }
  return count;
}

// The expectations are what Hugging Face's tokenizers give.
TEST(Truncation, LongestFirstCutsAsHuggingFaceDoes) {
  const EncodeOptions odd = {.max_length = 8, .truncation = Truncation::longest_first};
  EXPECT_EQ(kept(1, 9, odd), (Kept{1, 4}));
  EXPECT_EQ(kept(3, 9, odd), (Kept{2, 3}));
  EXPECT_EQ(kept(9, 3, odd), (Kept{3, 2}));
  EXPECT_EQ(kept(9, 1, odd), (Kept{4, 1}));
  EXPECT_EQ(kept(9, 9, odd), (Kept{2, 3}));
  EXPECT_EQ(kept(2, 3, odd), (Kept{2, 3}));
  const EncodeOptions even = {.max_length = 9, .truncation = Truncation::longest_first};
  EXPECT_EQ(kept(9, 2, even), (Kept{4, 2}));
  EXPECT_EQ(kept(20, 7, even), (Kept{3, 3}));
}

TEST(Truncation, OnlySecondLeavesTheFirstWhole) {
  const EncodeOptions options = {.max_length = 8, .truncation = Truncation::only_second};
  EXPECT_EQ(kept(3, 9, options), (Kept{3, 2}));
  EXPECT_THROW(kept(5, 9, options), UsageError);
  EXPECT_THROW(kept(9, 3, options), UsageError);
}

TEST(Truncation, OnlyFirstLeavesTheSecondWhole) {
  const EncodeOptions options = {.max_length = 8, .truncation = Truncation::only_first};
  EXPECT_EQ(kept(9, 3, options), (Kept{2, 3}));
  EXPECT_THROW(kept(9, 5, options), UsageError);
}

TEST(Truncation, ASingleTextIsCutAtItsEnd) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  const Encoding encoding = tokenizer->encode("the cat sat on a mat", {.max_length = 5});
  EXPECT_THAT(tokens_of(*tokenizer, encoding), ElementsAre("[CLS]", "the", "cat", "sat", "[SEP]"));
}

TEST(Truncation, NeedsRoomForTheSpecialTokens) {
  const auto tokenizer = sample_tokenizer("wordpiece");
  EXPECT_THROW(tokenizer->encode("cat", {.max_length = 1}), UsageError);
  EXPECT_THROW(tokenizer->encode_pair("cat", "sat", {.max_length = 2}), UsageError);
  EXPECT_EQ(tokenizer->encode("cat", {.max_length = 2}).ids.size(), 2U);
}

TEST(Truncation, NoneKeepsEverything) {
  EXPECT_EQ(kept(600, 600, {.max_length = 4, .truncation = Truncation::none}), (Kept{600, 600}));
}

}  // namespace
}  // namespace transkimmer
