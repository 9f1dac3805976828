// `transkimmer finetune` towards a share of the dense model's arithmetic, with a teacher, with and without
// labels.

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Arguments = std::vector<std::string>;

class FinetuneBudget : public ::testing::Test {
 protected:
  ProcessResult finetune(const std::string& model, const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",
                     "--model",
                     reviews_.path(model),
                     "--output-dir",
                     reviews_.path(output),
                     "--threads",
                     "1",
                     "--learning-rate",
                     "0.005",
                     "--per-device-train-batch-size",
                     "8",
                     "--precision",
                     "f32"};
    all.insert(all.end(), more.begin(), more.end());
    return transkimmer(all);
  }
  Arguments on_reviews(const Arguments& more) const {
    Arguments all = {"--train-file", reviews_.path("train.csv"), "--validation-file",
                     reviews_.path("dev.jsonl")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void train_dense() const {
    const ProcessResult dense =
        finetune("model", "dense", on_reviews({"--no-skimming", "--num-train-epochs", "8"}));
    ASSERT_EQ(dense.status, 0) << dense.err;
  }

  Reviews reviews_;
};

TEST_F(FinetuneBudget, HalfOfTheArithmeticIsTheGoalUnlessToldOtherwise) {
  train_dense();
  const ProcessResult half = finetune(
      "dense", "half", on_reviews({"--num-train-epochs", "10", "--skim-predictor-size", "4", "--json"}));
  ASSERT_EQ(half.status, 0) << half.err;
  EXPECT_EQ(reviews_.json_file("half/config.json")["transkimmer"]["target_compute"], 0.5);
  EXPECT_LE(half.json()["best"]["compute_share"], 0.55);
  EXPECT_GE(half.json()["best"]["score"], 0.9) << half.err;
  EXPECT_THAT(
      half.err,
      HasSubstr(
          "/dense teaches: what it answers is learnt beside the labels (--teacher none: labels alone)"));
}

TEST_F(FinetuneBudget, NobodyTeachesWhereThatIsAskedForOrNothingSkims) {
  train_dense();
  const ProcessResult alone = finetune(
      "dense", "alone", on_reviews({"--max-steps", "1", "--skim-predictor-size", "4", "--teacher", "none"}));
  EXPECT_EQ(alone.status, 0) << alone.err;
  EXPECT_THAT(alone.err, Not(HasSubstr("teaches")));
  const ProcessResult again = finetune("dense", "again", on_reviews({"--max-steps", "1", "--no-skimming"}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("teaches")));
}

TEST_F(FinetuneBudget, ACoefficientInPlaceOfTheGoalTrainsAsPublished) {
  const ProcessResult result =
      finetune("model", "out", on_reviews({"--max-steps", "1", "--skim-coefficient", "0.1"}));
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_FALSE(reviews_.json_file("out/config.json")["transkimmer"].contains("target_compute"));
}

TEST_F(FinetuneBudget, IsKeptByModelsWhoseTextsMayBeDoneEarly) {
  train_dense();
  const ProcessResult result =
      finetune("dense", "out",
               on_reviews({"--num-train-epochs", "6", "--skim-predictor-size", "4", "--protect", "none",
                           "--target-compute", "0.3", "--json"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(reviews_.json_file("out/config.json")["transkimmer"]["protect"], "none");
  EXPECT_LE(result.json()["best"]["compute_share"], 0.35);
  const ProcessResult evaluated =
      transkimmer({"evaluate", "--model", reviews_.path("out"), "--validation-file",
                   reviews_.path("dev.jsonl"), "--threads", "1", "--skim-threshold", "1e9", "--json"});
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_EQ(evaluated.json()["skimming"]["kept_fraction"], 0) << "no token passes, the first one neither";
}

TEST_F(FinetuneBudget, OneThatCannotBeReachedIsRefusedWithTheLowestThatCan) {
  const ProcessResult result = finetune("model", "out", on_reviews({"--target-compute", "0.01"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err,
              ::testing::MatchesRegex(
                  "(note: [^\n]*\n)*transkimmer: error: --target-compute 0.01: these texts and this model "
                  "can be skimmed to 0.[0-9]+ of the dense arithmetic at the least; [^\n]*\n"));
  EXPECT_FALSE(std::filesystem::exists(reviews_.path("out/config.json")));
}

TEST_F(FinetuneBudget, GoalAndCoefficientExcludeEachOther) {
  const ProcessResult result =
      finetune("model", "out", on_reviews({"--target-compute", "0.5", "--skim-coefficient", "1"}));
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--target-compute"), HasSubstr("--skim-coefficient")));
}

TEST_F(FinetuneBudget, AShareThatIsNoneIsRefusedWithTheRange) {
  for (const char* share : {"0", "-1", "1.5"}) {
    const ProcessResult result = finetune("model", "out", on_reviews({"--target-compute", share}));
    EXPECT_EQ(result.status, 2);
    EXPECT_THAT(result.err, HasSubstr("--target-compute: expected a number from 0.001 to 1, found"));
  }
}

TEST_F(FinetuneBudget, ATeacherMakesItselfSkimFromTextsWithoutLabels) {
  train_dense();
  std::string texts;
  for (int i = 0; i < 20; ++i)
    texts += "a charming journey\n\nflat movie\na flat and dull film\nso charming\n";
  reviews_.write("texts.txt", texts);
  const ProcessResult result =
      transkimmer({"finetune", "--unlabelled", reviews_.path("texts.txt"), "--teacher",
                   reviews_.path("dense"), "--output-dir", reviews_.path("skims"), "--num-train-epochs", "5",
                   "--threads", "1", "--skim-predictor-size", "4", "--learning-rate", "0.001"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("texts.txt: 76 training examples"));  // four are held back
  EXPECT_TRUE(reviews_.json_file("skims/config.json")["transkimmer"]["enabled"]);
  const auto answers = [&](const char* model) {
    return transkimmer({"predict", "--model", reviews_.path(model), "--threads", "1", "--json"},
                       "a charming journey\nflat movie\n")
        .out_lines();
  };
  const auto taught = answers("dense"), learnt = answers("skims");
  for (std::size_t i = 0; i < taught.size(); ++i)
    EXPECT_EQ(json::parse(learnt[i])["label"], json::parse(taught[i])["label"]);
}

TEST_F(FinetuneBudget, TextsWithoutLabelsNeedATeacherThatClassifies) {
  reviews_.write("texts.txt", "one\n");
  const ProcessResult alone = transkimmer(
      {"finetune", "--unlabelled", reviews_.path("texts.txt"), "--output-dir", reviews_.path("out")});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("--unlabelled needs --teacher"));
}

TEST_F(FinetuneBudget, TheFirstLayersAloneLearnFromTheWholeModel) {
  train_dense();
  const auto layers = reviews_.json_file("dense/config.json")["num_hidden_layers"].get<int>();
  ASSERT_GE(layers, 2);
  const ProcessResult cut =
      finetune("dense", "cut", on_reviews({"--no-skimming", "--keep-layers", "1", "--max-steps", "6"}));
  ASSERT_EQ(cut.status, 0) << cut.err;
  EXPECT_THAT(cut.err, HasSubstr(reviews_.path("dense") + " teaches"));
  EXPECT_EQ(reviews_.json_file("cut/config.json")["num_hidden_layers"], 1);
  const ProcessResult answers =
      transkimmer({"predict", "--model", reviews_.path("cut"), "--threads", "1"}, "flat\n");
  EXPECT_EQ(answers.status, 0) << answers.err;
  const ProcessResult more =
      finetune("dense", "more", on_reviews({"--no-skimming", "--keep-layers", std::to_string(layers + 1)}));
  EXPECT_EQ(more.status, 2);
  EXPECT_THAT(more.err, HasSubstr("--keep-layers is " + std::to_string(layers + 1) + ", but " +
                                  reviews_.path("dense") + " has " + std::to_string(layers) + " layers"));
}

TEST_F(FinetuneBudget, SaysHowManyTextsAreCut) {
  const ProcessResult result =
      finetune("model", "out", on_reviews({"--no-skimming", "--max-steps", "1", "--max-length", "3"}));
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("train.csv: 48 of 48 texts have more than 3 tokens and are cut"));
  EXPECT_THAT(result.err, HasSubstr("dev.jsonl: 16 of 16 texts have more than 3 tokens and are cut"));
}

}  // namespace
}  // namespace transkimmer::test
