#include "text/models/unigram.h"

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::ElementsAre;

struct Sample {
  std::vector<std::string> tokens;
  UnigramOptions options;

  Unigram model() const { return {tokens, std::vector<bool>(tokens.size(), true), options}; }
  std::vector<std::int32_t> ids(const std::string& word) const {
    WordScratch scratch;
    std::vector<WordToken> found;
    model().tokenize(word, scratch, found);
    std::vector<std::int32_t> ids;
    for (const WordToken& token : found) ids.push_back(token.id);
    return ids;
  }
};

/// The largest sum of scores of all ways to cut the word into tokens.
double best_score(const Sample& sample, const std::string& word) {
  if (word.empty()) return 0;
  double best = -std::numeric_limits<double>::infinity();
  for (std::size_t i = 1; i < sample.tokens.size(); ++i) {
    const std::string& token = sample.tokens[i];
    if (!token.empty() && word.starts_with(token))
      best = std::max(best, sample.options.scores[i] + best_score(sample, word.substr(token.size())));
  }
  return best;
}

TEST(UnigramModel, TheBestOfAllWaysIsTaken) {
  std::mt19937 random(3);
  const std::vector<std::string> tokens = {"<unk>", "a",  "b",  "c",   "ab",  "bc",
                                           "abc",   "ca", "aa", "bca", "caab"};
  for (int round = 0; round < 200; ++round) {
    Sample sample = {tokens, {}};
    for (std::size_t i = 0; i < tokens.size(); ++i)
      sample.options.scores.push_back(-std::uniform_real_distribution(0.5, 9.0)(random));
    std::string word;
    for (int i = 0; i < 9; ++i) word.push_back(static_cast<char>('a' + random() % 3));
    double sum = 0;
    for (const std::int32_t id : sample.ids(word)) sum += sample.options.scores[static_cast<std::size_t>(id)];
    EXPECT_NEAR(sum, best_score(sample, word), 1e-9) << word;
  }
}

TEST(UnigramModel, NeighboursThatAreUnknownAreOneToken) {
  const Sample sample = {{"<unk>", "a", "xy"}, {{0, -1, -2}}};
  EXPECT_THAT(sample.ids("azq\u65E5"
                         "a"),
              ElementsAre(1, 0, 1));
  WordScratch scratch;
  std::vector<WordToken> found;
  sample.model().tokenize("azqa", scratch, found);
  EXPECT_EQ(found[1].begin, 1U);
  EXPECT_EQ(found[1].end, 3U);
}

TEST(UnigramModel, BytesStandForWhatIsUnknownWhereAllOfThemAreTokens) {
  Sample sample = {{"<unk>", "a", "<0xC3>", "<0xA9>"}, {{0, -1, -2, -2}, 0, true}};
  EXPECT_THAT(sample.ids("a\u00E9"), ElementsAre(1, 2, 3));
  EXPECT_THAT(sample.ids("a\u00E9z"), ElementsAre(1, 0)) << "z has no token";
  sample.options.byte_fallback = false;
  EXPECT_THAT(sample.ids("a\u00E9"), ElementsAre(1, 0));
}

TEST(UnigramModel, ALongWordTakesItsTimeAndNoMore) {
  const Sample sample = {{"<unk>", "a", "aa"}, {{0, -1, -1.5}}};
  EXPECT_EQ(sample.ids(std::string(1'000'000, 'a')).size(), 500'000U);
}

TEST(UnigramModel, TokensThatAreRuledOutAreNotFound) {
  const std::vector<std::string> tokens = {"<unk>", "a", "b", "ab"};
  const Unigram model(tokens, {true, true, true, false}, {{0, -3, -3, -1}});
  WordScratch scratch;
  std::vector<WordToken> found;
  model.tokenize("ab", scratch, found);
  EXPECT_EQ(found.size(), 2U);
}

}  // namespace
}  // namespace transkimmer
