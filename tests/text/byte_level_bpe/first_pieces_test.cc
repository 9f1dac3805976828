// Long texts are not tokenized to their end, and nobody can tell.

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/unicode/blanks.h"
#include "text/wordpiece/wordpiece.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What may go wrong at a cut: white space of all kinds, marks that wait for what follows, removed
/// characters, added tokens, bytes that are no text.
std::string random_text(std::mt19937& random, std::size_t parts) {
  static const std::vector<std::string> kParts = {
      "the",        "cat",       "Caf\u00e9", "don't",    "a1b2",     " ",      " ",      " ",      "  ",
      "\n",         "\t\r\n",    "\v",        "\u00a0",   "\u3000",   "\u2028", "\u0301", "\u0323", "\u00ad",
      "\u65e5",     "\x01",      "\xff",      "\xe2\x82", "[MASK]",   "<mask>", "[SEP]",  "</s>",   "...",
      "\U0001f600", "unaffable", "x'",        "'",        " \u00a0 ", "\f"};
  std::string text;
  for (std::size_t i = 0; i < parts; ++i) text += kParts[random() % kParts.size()];
  return text;
}

bool operator==(const Piece& left, const Piece& right) {
  return left.id == right.id && left.offset == right.offset;
}

void expect_first(const Tokenizer& tokenizer, const std::string& text, std::size_t most) {
  std::vector<Piece> expected = tokenizer.pieces(text);
  expected.resize(std::min(expected.size(), most));
  const std::vector<Piece> found = tokenizer.first_pieces(text, most);
  ASSERT_EQ(found.size(), expected.size()) << most;
  for (std::size_t i = 0; i < found.size(); ++i) ASSERT_TRUE(found[i] == expected[i]) << most << ", " << i;
}

class FirstPieces : public testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<const Tokenizer> tokenizer_ = sample_tokenizer(GetParam());
};

TEST_P(FirstPieces, AreThoseOfTheWholeText) {
  std::mt19937 random(11);
  for (int round = 0; round < 300; ++round) {
    const std::string text = random_text(random, 200);
    SCOPED_TRACE(text);
    for (const std::size_t most : {0, 1, 2, 3, 5, 8, 13, 21}) expect_first(*tokenizer_, text, most);
  }
}

TEST_P(FirstPieces, AreThereWhereNoWordEnds) {
  for (const std::string& text : {std::string(5000, 'x'), std::string(5000, ' '), std::string(5000, '\xff')})
    for (const std::size_t most : {1, 100, 10000}) expect_first(*tokenizer_, text, most);
}

TEST_P(FirstPieces, AreWhatAnEncodingIsCutTo) {
  std::mt19937 random(12);
  for (int round = 0; round < 100; ++round) {
    const std::string first = random_text(random, 100 + random() % 100);
    const std::string second = random_text(random, 100 + random() % 100);
    for (std::size_t length = 4; length < 16; ++length) {
      const EncodeOptions options{.max_length = length};
      const auto whole = [&](const std::string& text) { return tokenizer_->pieces(text); };
      const Encoding pair = tokenizer_->assemble(whole(first), whole(second), options);
      EXPECT_EQ(tokenizer_->encode_pair(first, second, options).ids, pair.ids) << length;
      EXPECT_EQ(tokenizer_->encode_pair(first, second, options).offsets, pair.offsets) << length;
      EXPECT_EQ(tokenizer_->encode(first, options).ids,
                tokenizer_->assemble(whole(first), std::nullopt, options).ids);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Samples, FirstPieces, testing::Values("wordpiece", "byte-level-bpe", "unigram"),
                         [](const auto& sample) { return std::string(sample.param).substr(0, 4); });

SpecialTokens special_tokens() {
  return {.pad = 0, .unknown = 1, .begin = 2, .separator = 3, .mask = 4};
}

TEST(FirstPiecesOfAddedTokens, ReachAsFarAsInTheWholeText) {
  WordPieceModel model;
  model.vocabulary = Vocabulary({"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "long name"});
  model.special_tokens = special_tokens();
  model.added_tokens = {{.content = "[MASK]", .id = 4, .lstrip = true, .rstrip = true}};
  std::string text;
  for (int i = 0; i < 100; ++i) text += "a [MASK]    ";
  const WordPieceTokenizer swallowing(model);
  for (std::size_t most = 0; most < 5; ++most) expect_first(swallowing, text, most);
  model.added_tokens.push_back({.content = "long name", .id = 6});
  const WordPieceTokenizer with_blanks(model);
  text.clear();
  for (int i = 0; i < 100; ++i) text += "long name ";
  for (std::size_t most = 0; most < 5; ++most) expect_first(with_blanks, text, most);
}

/// Counts the bytes that it is given.
class WatchedTokenizer final : public Tokenizer {
 public:
  WatchedTokenizer() : Tokenizer({.layout = InputLayout::bert(2, 3)}) {}

  std::string_view algorithm() const override { return "a test's own"; }
  std::vector<Piece> pieces(std::string_view text) const override {
    bytes += text.size();
    return inner->pieces(text);
  }
  std::string_view token(std::int32_t id) const override { return inner->token(id); }
  std::size_t vocabulary_size() const override { return inner->vocabulary_size(); }
  const SpecialTokens& special_tokens() const override { return inner->special_tokens(); }

  std::unique_ptr<const Tokenizer> inner = sample_tokenizer("wordpiece");
  mutable std::size_t bytes = 0;

 private:
  bool cuts_at_blanks() const override { return true; }
};

TEST(FirstPiecesOfALongText, LookAtNoMoreThanTheyNeed) {
  const WatchedTokenizer tokenizer;
  std::string text;
  while (text.size() < 4'000'000) text += "the cat sat on the mat. ";
  EXPECT_EQ(tokenizer.encode(text, {.max_length = 128}).ids.size(), 128U);
  EXPECT_EQ(tokenizer.encode_pair("the cat", text, {.max_length = 128}).ids.size(), 128U);
  EXPECT_LT(tokenizer.bytes, 20'000U);
}

TEST(LastWordEnd, StandsBehindSomethingVisible) {
  EXPECT_EQ(last_word_end("ab cd ef", 5), 5U);
  EXPECT_EQ(last_word_end("ab cd ef", 4), 2U);
  EXPECT_EQ(last_word_end("ab   ef", 4), 2U);
  EXPECT_EQ(last_word_end("ab\u00a0 ef", 5), 0U) << "a no-break space is not visible";
  EXPECT_EQ(last_word_end("ab\u3000 ef", 6), 0U);
  EXPECT_EQ(last_word_end("a\u00e9 ef", 4), 3U);
  EXPECT_EQ(last_word_end("a\xff ef", 3), 2U);
  EXPECT_EQ(last_word_end("  ab", 3), 0U);
}

}  // namespace
}  // namespace transkimmer
