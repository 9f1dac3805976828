#include "evaluation/evaluate_tags.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "evaluation/align_labels.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

const std::vector<std::string> kTags = {"O", "B-PER", "I-PER", "B-LOC"};

TaggedDataset sentences() {
  return parse_tagged(
      "ada B-PER\nlived O\nin O\nthe O\ncharming B-LOC\nmovie I-PER\n\nfilm O\nunbelievablylong B-LOC\n\nwas "
      "O\n"
      "good B-PER\nflat I-PER\n",
      {.path = "made.conll", .labels = kTags});
}

class EvaluateTags : public testing::TestWithParam<std::string> {
 protected:
  EvaluateTags() {
    const ModelConfig config = test::write_tiny_model(
        directory_.path(),
        {.architecture = GetParam(), .head = HeadKind::token_classification, .labels = kTags});
    features_ = encode_tagged(dataset_, *load_tokenizer(directory_.path(), config), 64, 1);
  }

  test::TemporaryDirectory directory_;
  TaggedDataset dataset_ = sentences();
  TaggedFeatures features_;
};

INSTANTIATE_TEST_SUITE_P(Architectures, EvaluateTags, testing::ValuesIn(test::every_architecture()));

TEST_P(EvaluateTags, AWordsClassIsThatOfItsFirstTokenRunAlone) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const TagEvaluation result = evaluate_tags(engine, nullptr, features_, kTags, {});
  int skimmed = 0;
  for (std::size_t s = 0; s < dataset_.examples.size(); ++s) {
    RaggedBatch batch;
    batch.add(features_.tokens.sequence_ids(s), features_.tokens.sequence_type_ids(s));
    const BatchResult run = engine.run(batch);
    const auto classes = best_classes(run.logits, kTags.size());
    ASSERT_EQ(result.classes[s].size(), dataset_.examples[s].words.size());
    for (std::size_t w = 0; w < result.classes[s].size(); ++w) {
      const std::uint32_t token = features_.first_tokens[s][w];
      EXPECT_EQ(result.classes[s][w], classes[token]);
      skimmed += run.skimmed_at[token] < engine.config().num_hidden_layers ? 1 : 0;
    }
  }
  EXPECT_GT(skimmed, 0) << "a test of skimming must skim something";
}

TEST_P(EvaluateTags, ScoresAreSeqevalsOfSkimmedAndOfDense) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  const Engine dense = engine.without_skimming();
  const TagEvaluation result = evaluate_tags(engine, &dense, features_, kTags, {});
  const TagEvaluation alone = evaluate_tags(dense, nullptr, features_, kTags, {});
  std::vector<TagSequence> gold, found;
  for (std::size_t s = 0; s < dataset_.examples.size(); ++s) {
    gold.emplace_back();
    found.emplace_back();
    for (std::size_t w = 0; w < dataset_.examples[s].words.size(); ++w) {
      gold.back().push_back(kTags[static_cast<std::size_t>(dataset_.examples[s].tags[w])]);
      found.back().push_back(kTags[static_cast<std::size_t>(result.classes[s][w])]);
    }
  }
  EXPECT_EQ(result.evaluation.scores, entity_scores(gold, found).named());
  EXPECT_EQ(result.evaluation.dense_scores, alone.evaluation.scores);
  EXPECT_EQ(result.evaluation.examples, 3U);
}

TEST_P(EvaluateTags, PredictionsAreTheTagsOfEveryWord) {
  const Engine engine = Engine::load(directory_.path(), {.threads = 1});
  TagEvaluation result = evaluate_tags(engine, nullptr, features_, kTags, {});
  result.classes[1][1] = kNoTag;
  const std::vector<std::size_t> indices = {0, 4, 7};
  write_predictions(directory_ / "said.jsonl", dataset_, result, kTags, indices);
  const std::string text = read_file(directory_ / "said.jsonl");
  ASSERT_EQ(std::ranges::count(text, '\n'), 3);
  const std::size_t begin = text.find('\n') + 1;
  const auto second = nlohmann::json::parse(text.substr(begin, text.find('\n', begin) - begin));
  EXPECT_EQ(second["index"], 4);
  EXPECT_EQ(second["tokens"], (nlohmann::json{"film", "unbelievablylong"}));
  EXPECT_EQ(second["tags"][0], kTags[static_cast<std::size_t>(result.classes[1][0])]);
  EXPECT_TRUE(second["tags"][1].is_null());
}

TEST(EvaluateTags, RefusesAModelOfAnotherKind) {
  const test::TemporaryDirectory directory;
  test::write_tiny_model(directory.path(), {});
  const Engine engine = Engine::load(directory.path(), {.threads = 1});
  EXPECT_THROW(evaluate_tags(engine, nullptr, {}, kTags, {}), UsageError);
}

std::vector<std::string> tags_of(const TaggedDataset& dataset) {
  std::vector<std::string> tags;
  for (const TaggedSentence& sentence : dataset.examples)
    for (const std::int32_t tag : sentence.tags)
      tags.push_back(dataset.labels[static_cast<std::size_t>(tag)]);
  return tags;
}

TEST(AlignTags, FollowNamesWhateverTheOrderOfTheModel) {
  TaggedDataset dataset = parse_tagged("ada B-PER\nwas O\nhere B-LOC\n", {.path = "a.conll"});
  const std::vector<std::string> before = tags_of(dataset);
  ModelConfig config;
  config.labels = {"B-LOC", "I-LOC", "B-PER", "O"};
  align_labels(dataset, config);
  EXPECT_EQ(dataset.labels, config.labels);
  EXPECT_EQ(tags_of(dataset), before);
}

TEST(AlignTags, CaseMattersOnlyWhereNamesDifferInNothingElse) {
  TaggedDataset dataset = parse_tagged("ada b-per\nwas o\n", {.path = "a.conll"});
  ModelConfig config;
  config.labels = {"O", "B-PER"};
  align_labels(dataset, config);
  EXPECT_THAT(tags_of(dataset), testing::ElementsAre("B-PER", "O"));
}

TEST(AlignTags, ATagThatTheModelDoesNotKnowIsNamedWithItsLine) {
  TaggedDataset dataset = parse_tagged("was O\nada B-PER\n", {.path = "a.conll"});
  ModelConfig config;
  config.labels = {"O", "B-LOC"};
  try {
    align_labels(dataset, config);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_STREQ(
        error.what(),
        "a.conll:2: has the class 'B-PER', which the model does not know; its classes are 'O', 'B-LOC'");
  }
}

TEST(AlignTags, NamelessClassesAreMatchedByIndex) {
  TaggedDataset dataset = parse_tagged("was O\nada B-PER\n", {.path = "a.conll"});
  ModelConfig config;
  config.labels = {"LABEL_0", "LABEL_1", "LABEL_2"};
  align_labels(dataset, config);
  EXPECT_THAT(tags_of(dataset), testing::ElementsAre("O", "B-PER"));
  EXPECT_EQ(dataset.labels.size(), 3U);
}

}  // namespace
}  // namespace transkimmer
