// Labels of tokens from files to predictions: finetune, evaluate, sweep and predict on made-up sentences.

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using Arguments = std::vector<std::string>;

/// Sentences of the tiny model's words: "charming journey" is a GOOD, "dull" is a BAD.
std::string sentences(std::size_t count, std::uint64_t seed) {
  constexpr const char* kWords[] = {"film", "movie", "the", "was", "it", "story", "ending", "a"};
  std::mt19937_64 random(seed);
  std::string text = "-DOCSTART- O\n\n";
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t words = 3 + random() % 6; words > 0; --words) {
      const std::string next = kWords[random() % std::size(kWords)];
      const auto kind = random() % 6;
      if (kind == 0) text += "charming B-GOOD\njourney I-GOOD\n";
      if (kind == 1) text += "dull B-BAD\n";
      if (kind > 1) text += next + " O\n";
    }
    text += '\n';
  }
  return text;
}

class FinetuneTags : public ::testing::Test {
 protected:
  FinetuneTags() {
    reviews_.write("train.conll", sentences(160, 1));
    reviews_.write("dev.conll", sentences(60, 2));
  }
  ProcessResult run(Arguments first, const Arguments& more) const {
    first.insert(first.end(), {"--threads", "1"});
    first.insert(first.end(), more.begin(), more.end());
    return transkimmer(first);
  }
  ProcessResult finetune(const std::string& model, const std::string& output, const Arguments& more) const {
    return run({"finetune", "--model", reviews_.path(model), "--output-dir", reviews_.path(output),
                "--learning-rate", "0.005", "--per-device-train-batch-size", "8", "--precision", "f32"},
               more);
  }
  Arguments files() const {
    return {"--train-file", reviews_.path("train.conll"), "--validation-file", reviews_.path("dev.conll")};
  }
  ProcessResult evaluate(const std::string& model, const Arguments& more) const {
    return run({"evaluate", "--model", reviews_.path(model)}, more);
  }
  Arguments with_files(const Arguments& more) const {
    Arguments all = files();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Reviews reviews_;
};

TEST_F(FinetuneTags, LearnsEntitiesAndEvaluateRemovesWithTheSameScores) {
  const auto trained = finetune(
      "model", "out", with_files({"--num-train-epochs", "6", "--skim-coefficient", "0.2", "--json"}));
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("; 4 labels: 'O', 'B-BAD', 'B-GOOD', 'I-GOOD'; "));
  const json best = trained.json()["best"];
  EXPECT_EQ(best["metric"], "f1");
  EXPECT_GT(best["score"], 0.9) << trained.err;
  EXPECT_EQ(reviews_.json_file("out/config.json")["architectures"], (json{"BertForTokenClassification"}));
  EXPECT_EQ(reviews_.json_file("out/config.json")["id2label"],
            (json{{"0", "O"}, {"1", "B-BAD"}, {"2", "B-GOOD"}, {"3", "I-GOOD"}}));
  const auto evaluated = evaluate("out", {"--validation-file", reviews_.path("dev.conll"), "--predictions",
                                          reviews_.path("said.jsonl"), "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  const json report = evaluated.json();
  EXPECT_DOUBLE_EQ(report["metrics"]["f1"], best["score"]) << "removal computes what masks have trained";
  EXPECT_LT(report["skimming"]["kept_fraction"], 1);
  EXPECT_TRUE(report["dense"]["metrics"].contains("f1"));
  EXPECT_GT(report["entities"]["GOOD"]["number"], 10);
  EXPECT_TRUE(report["dense"]["entities"].contains("BAD"));

  // What it says, taken for the truth, scores 1.
  const auto again = evaluate("out", {"--validation-file", reviews_.path("said.jsonl"), "--json"});
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.json()["metrics"]["accuracy"], 1);
  EXPECT_EQ(again.json()["metrics"]["f1"], 1);

  const auto predicted = transkimmer({"predict", "--model", reviews_.path("out"), "--threads", "1", "--json"},
                                     "it was a charming journey\n");
  ASSERT_EQ(predicted.status, 0) << predicted.err;
  const json entity = predicted.json()["entities"].at(0);
  EXPECT_EQ(entity["entity_group"], "GOOD");
  EXPECT_EQ(entity["word"], "charming journey");
  EXPECT_EQ(entity["start"], 9);
  EXPECT_EQ(entity["end"], 25);
  const auto by_token = transkimmer({"predict", "--model", reviews_.path("out"), "--threads", "1", "--json",
                                     "--aggregation-strategy", "none"},
                                    "it was a charming journey\n");
  const json first = by_token.json()["entities"].at(0);
  EXPECT_EQ(first["entity"], "B-GOOD");
  EXPECT_EQ(first["index"], 4);
  EXPECT_EQ(first["word"], "charming");
}

TEST_F(FinetuneTags, ADenseTwinTeachesTowardsABudgetAndKeepsItsLabels) {
  ASSERT_EQ(finetune("model", "dense", with_files({"--no-skimming", "--num-train-epochs", "5"})).status, 0);
  const auto skimmed =
      finetune("dense", "half", with_files({"--target-compute", "0.6", "--num-train-epochs", "4", "--json"}));
  ASSERT_EQ(skimmed.status, 0) << skimmed.err;
  EXPECT_THAT(skimmed.err, HasSubstr("teaches: what it answers is learnt beside the labels"));
  EXPECT_GT(skimmed.json()["best"]["score"], 0.5) << skimmed.err;
  EXPECT_LT(skimmed.json()["best"]["compute_share"], 0.7);
  // Plain texts, which the tagger answers itself.
  reviews_.write("plain.txt", "a charming film\nit was dull\nthe charming story was dull\nthe ending\n");
  const auto taught = finetune(
      "dense", "taught",
      {"--unlabelled", reviews_.path("plain.txt"), "--teacher", reviews_.path("dense"), "--validation-file",
       reviews_.path("dev.conll"), "--target-compute", "0.7", "--max-steps", "4", "--json"});
  ASSERT_EQ(taught.status, 0) << taught.err;
  EXPECT_EQ(reviews_.json_file("taught/config.json")["id2label"],
            reviews_.json_file("dense/config.json")["id2label"]);
  EXPECT_GT(taught.json()["best"]["score"], 0.5) << taught.err;
  const auto swept = run({"sweep", "--model", reviews_.path("half"), "--validation-file",
                          reviews_.path("dev.conll"), "--thresholds", "-1,0", "--rounds", "1"},
                         {"--json"});
  ASSERT_EQ(swept.status, 0) << swept.err;
  EXPECT_EQ(swept.json()["metric"], "f1");
  EXPECT_EQ(swept.json()["points"].size(), 3U);
}

TEST_F(FinetuneTags, LabelsOfAnotherOrderAreMatchedByName) {
  ASSERT_EQ(finetune("model", "out", with_files({"--no-skimming", "--num-train-epochs", "3"})).status, 0);
  const auto before = evaluate("out", {"--validation-file", reviews_.path("dev.conll"), "--json"});
  // The same sentences with numbers for tags, in another order of names.
  std::string lines;
  json words = json::array(), tags = json::array();
  const std::vector<std::string> names = {"I-GOOD", "B-GOOD", "O", "B-BAD"};
  const std::string text = read_file(reviews_.path("dev.conll"));
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("-DOCSTART-")) continue;
    if (line.empty()) {
      if (!words.empty()) lines += json{{"tokens", words}, {"ner_tags", tags}}.dump() + '\n';
      words = tags = json::array();
      continue;
    }
    words.push_back(line.substr(0, line.find(' ')));
    tags.push_back(std::ranges::find(names, line.substr(line.find(' ') + 1)) - names.begin());
  }
  reviews_.write("dev.jsonl", lines);
  const auto after = evaluate("out", {"--validation-file", reviews_.path("dev.jsonl"), "--label-names",
                                      "I-GOOD,B-GOOD,O,B-BAD", "--json"});
  ASSERT_EQ(after.status, 0) << after.err;
  EXPECT_EQ(after.json()["metrics"], before.json()["metrics"]);
  const auto learnt = finetune("model", "numbers",
                               {"--train-file", reviews_.path("dev.jsonl"), "--token-classification",
                                "--label-names", "I-GOOD,B-GOOD,O,B-BAD", "--max-steps", "1"});
  ASSERT_EQ(learnt.status, 0) << learnt.err;
  EXPECT_EQ(reviews_.json_file("numbers/config.json")["id2label"]["2"], "O");
}

TEST_F(FinetuneTags, OptionsAndDataThatDoNotGoTogetherAreRefused) {
  const auto error_of = [&](const Arguments& more) { return finetune("model", "out", more).err; };
  EXPECT_THAT(error_of({"--train-file", reviews_.path("train.csv"), "--tag-column", "2"}),
              HasSubstr("--tag-column and --label-names are for words with tags: --token-classification"));
  EXPECT_THAT(error_of({"--token-classification"}), HasSubstr("--token-classification needs --train-file"));
  EXPECT_THAT(error_of(with_files({"--regression"})), HasSubstr("do not go with words that have tags"));
  EXPECT_THAT(error_of(with_files({"--protect", "question"})), HasSubstr("are for questions"));
  reviews_.write("dev.conll", "film B-UGLY\n");
  EXPECT_THAT(error_of(files()),
              HasSubstr("dev.conll:1: tag 'B-UGLY' is none of 'O', 'B-BAD', 'B-GOOD', 'I-GOOD'"));
}

TEST_F(FinetuneTags, EvaluateTellsAModelsKindBeforeItReadsWeights) {
  ASSERT_EQ(finetune("model", "out", with_files({"--no-skimming", "--max-steps", "1"})).status, 0);
  reviews_.write("out/model.safetensors", "no weights");
  std::filesystem::create_directories(reviews_.path("glue"));
  for (const char* const command : {"evaluate", "sweep"}) {
    const auto result =
        run({command, "--model", reviews_.path("out"), "--task", "sst2", "--data-dir", reviews_.path("glue")},
            {});
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("is a token classification model, but sst2 is a classification task"));
  }
  const auto questions =
      evaluate("out", {"--validation-file", reviews_.path("dev.conll"), "--doc-stride", "3"});
  EXPECT_THAT(questions.err, HasSubstr("--doc-stride is for question answering models"));
  const auto other =
      evaluate("model", {"--validation-file", reviews_.path("train.csv"), "--tag-column", "1"});
  EXPECT_THAT(other.err, HasSubstr("are for token classification models"));
}

TEST_F(FinetuneTags, TheDemoWritesSentencesToLearnFrom) {
  const auto result = transkimmer({"demo", "--write-entities", reviews_.path("made"), "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["train_sentences"], 2000);
  EXPECT_THAT(read_file(reviews_.path("made/dev.conll")), HasSubstr(" B-PER\n"));
}

}  // namespace
}  // namespace transkimmer::test
