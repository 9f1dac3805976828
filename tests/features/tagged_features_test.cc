#include "features/tagged_features.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/tokenizer_files.h"
#include "support/golden.h"
#include "support/listed_tokenizer.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class WordsOf : public testing::TestWithParam<const char*> {
 protected:
  std::filesystem::path directory_ = test::golden_path(std::string("token_classification/") + GetParam());
};

INSTANTIATE_TEST_SUITE_P(Architectures, WordsOf, testing::Values("bert", "roberta"));

TEST_P(WordsOf, AreTokenisedAsFastTokenizersDoWithIsSplitIntoWords) {
  std::ifstream file(directory_ / "expected.json");
  const json expected = json::parse(file);
  const auto tokenizer = load_tokenizer(directory_, ModelConfig::load(directory_));
  ASSERT_EQ(expected["sentences"].size(), expected["words"].size());
  for (std::size_t i = 0; i < expected["words"].size(); ++i) {
    const auto words = expected["sentences"][i].get<std::vector<std::string>>();
    const EncodedWords encoded = tokenizer->encode_words(words, {.max_length = 24});
    EXPECT_EQ(encoded.encoding.ids, expected["words"][i]["ids"].get<std::vector<std::int32_t>>());
    std::vector<std::int32_t> word_ids;
    for (const json& id : expected["words"][i]["word_ids"])
      word_ids.push_back(id.is_null() ? -1 : id.get<int>());
    EXPECT_EQ(encoded.word_ids, word_ids);
  }
}

/// "lon" "##don" as two tokens of a word, for words are cut at blanks here.
TaggedDataset two_sentences() {
  return {.examples = {{{"ada", "lon don", "", "x"}, {1, 2, 0, 0}}, {{"ada"}, {1}}},
          .labels = {"O", "B-PER", "B-LOC"},
          .labelled = true,
          .origin = "two"};
}

const test::ListedTokenizer& listed() {
  static const test::ListedTokenizer tokenizer({"ada", "lon", "don", "x"});
  return tokenizer;
}

TEST(TaggedFeatures, AWordsFirstTokenHasItsLabelAndTheOthersNone) {
  const TaggedFeatures features = encode_tagged(two_sentences(), listed(), 16, 1);
  EXPECT_THAT(features.tokens.sequence_ids(0), ElementsAre(2, 5, 6, 7, 8, 3));
  EXPECT_THAT(features.tokens.sequence_tags(0), ElementsAre(kNoTag, 1, 2, kNoTag, 0, kNoTag));
  EXPECT_THAT(features.tokens.sequence_tags(1), ElementsAre(kNoTag, 1, kNoTag));
  EXPECT_THAT(features.first_tokens[0], ElementsAre(1, 2, kNoToken, 4));
  EXPECT_EQ(features.lost_words, 1U);
}

TEST(TaggedFeatures, WordsThatAreCutAwayHaveNoToken) {
  const TaggedFeatures features = encode_tagged(two_sentences(), listed(), 4, 1);
  EXPECT_THAT(features.tokens.sequence_ids(0), ElementsAre(2, 5, 6, 3));
  EXPECT_THAT(features.first_tokens[0], ElementsAre(1, 2, kNoToken, kNoToken));
  EXPECT_EQ(features.tokens.truncated, 1U);
  std::string told;
  tell_about_lost_words(features, two_sentences(), 4, [&](const std::string& notice) { told = notice; });
  EXPECT_EQ(
      told,
      "two: 2 words have no token and do not count: 1 of 2 sentences have more than 4 tokens and are cut");
}

TEST(TaggedFeatures, DataWithoutLabelsHasNoTags) {
  TaggedDataset dataset = two_sentences();
  dataset.labelled = false;
  for (TaggedSentence& sentence : dataset.examples) sentence.tags.clear();
  const TaggedFeatures features = encode_tagged(dataset, listed(), 16, 1);
  EXPECT_TRUE(features.tokens.tags.empty());
  EXPECT_THAT(features.first_tokens[0], ElementsAre(1, 2, kNoToken, 4));
}

TEST(TaggedFeatures, ScoresAreOverLabelledTokensAlone) {
  const TaggedDataset dataset = two_sentences();
  const TaggedFeatures features = encode_tagged(dataset, listed(), 16, 1);
  // Wrong wherever there is no label, right elsewhere but for the last word.
  const std::vector<std::vector<std::int32_t>> predicted = {{1, 1, 2, 1, 0, 1}, {2, 2, 2}};
  const EntityScores scores = score_tags(features.tokens, predicted, dataset.labels);
  EXPECT_DOUBLE_EQ(scores.accuracy, 3.0 / 4);
  EXPECT_DOUBLE_EQ(scores.overall.precision, 2.0 / 3);
  EXPECT_DOUBLE_EQ(scores.overall.recall, 2.0 / 3);
}

TEST(TaggedFeatures, TheClassOfATokenIsItsLargestLogit) {
  EXPECT_THAT(best_classes(std::vector<float>{0, 2, 1, 5, -1, 4}, 3), ElementsAre(1, 0));
}

}  // namespace
}  // namespace transkimmer
