#include "features/corpora/tokenized_corpus.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/listed_tokenizer.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using Ids = std::vector<std::int32_t>;
using ::testing::HasSubstr;

class TokenizedCorpusTest : public ::testing::Test {
 protected:
  TokenizedCorpusTest() {
    std::filesystem::create_directories(directory_ / "text");
    for (int i = 0; i < 50; ++i) {
      std::string text;
      for (int word = 0; word <= i; ++word) text += "w" + std::to_string((i * 7 + word) % 20) + " ";
      write_file_atomically(directory_ / "text" / (std::to_string(100 + i) + ".txt"), text);
    }
  }

  TokenFile open(const Tokenizer& tokenizer, const std::vector<std::filesystem::path>& sources) const {
    return open_token_file(file_, sources, tokenizer, {.threads = 2, .on_progress = {}, .should_stop = {}});
  }

  TemporaryDirectory directory_;
  std::filesystem::path text_ = directory_ / "text";
  std::filesystem::path file_ = directory_ / "corpus.tokens";
  ListedTokenizer tokenizer_{numbered_tokens(40)};
};

TEST_F(TokenizedCorpusTest, HoldsTheDocumentsInOrderAsTheTokenizerCutsThem) {
  const TokenFile file = open(tokenizer_, {text_});
  ASSERT_EQ(file.documents(), 50U);
  TextCorpus corpus({text_});
  for (std::uint64_t i = 0; i < 50; ++i) {
    Ids expected, found(file.length(i));
    for (const Piece& piece : tokenizer_.pieces(*corpus.next())) expected.push_back(piece.id);
    file.copy(file.start(i), found);
    EXPECT_EQ(found, expected) << i;
  }
}

TEST_F(TokenizedCorpusTest, ThreadsMakeNoDifference) {
  write_token_file(directory_ / "one", TextCorpus({text_}), tokenizer_,
                   {.threads = 1, .on_progress = {}, .should_stop = {}});
  write_token_file(directory_ / "four", TextCorpus({text_}), tokenizer_,
                   {.threads = 4, .on_progress = {}, .should_stop = {}});
  EXPECT_EQ(read_file(directory_ / "one"), read_file(directory_ / "four"));
}

TEST_F(TokenizedCorpusTest, IsUsedAgainInsteadOfTokenisingAgain) {
  open(tokenizer_, {text_});
  const auto written = std::filesystem::last_write_time(file_);
  EXPECT_EQ(open(tokenizer_, {text_}).documents(), 50U);
  EXPECT_EQ(open(tokenizer_, {}).documents(), 50U);
  EXPECT_EQ(std::filesystem::last_write_time(file_), written);
}

TEST_F(TokenizedCorpusTest, AnotherVocabularyOfTheSameSizeIsRefused) {
  open(tokenizer_, {text_});
  std::vector<std::string> others = numbered_tokens(40);
  others.back() = "other";
  try {
    open(ListedTokenizer(others), {text_});
    FAIL() << "opened";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("corpus.tokens: made with another vocabulary"));
  }
}

TEST_F(TokenizedCorpusTest, TextThatHasChangedIsNoticed) {
  open(tokenizer_, {text_});
  write_file_atomically(text_ / "more.txt", "w1 w2");
  try {
    open(tokenizer_, {text_});
    FAIL() << "opened";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("corpus.tokens: made from "));
  }
}

TEST_F(TokenizedCorpusTest, StoppedItLeavesNoFile) {
  EXPECT_THROW(write_token_file(file_, TextCorpus({text_}), tokenizer_,
                                {.threads = 1, .on_progress = {}, .should_stop = [] { return true; }}),
               Error);
  for (const auto& entry : std::filesystem::directory_iterator(directory_.path()))
    EXPECT_EQ(entry.path().filename(), "text");
}

TEST_F(TokenizedCorpusTest, ProgressEndsAtTheWholeText) {
  std::uint64_t last = 0, all = 1;
  write_token_file(file_, TextCorpus({text_}), tokenizer_,
                   {.threads = 1,
                    .on_progress =
                        [&](std::uint64_t read, std::uint64_t total) {
                          last = read;
                          all = total;
                        },
                    .should_stop = {}});
  EXPECT_EQ(last, all);
}

}  // namespace
}  // namespace transkimmer::test
