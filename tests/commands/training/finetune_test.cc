#include <cstdlib>
#include <filesystem>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Arguments = std::vector<std::string>;

/// `transkimmer finetune`, which starts the training program beside it.
class Finetune : public ::testing::Test {
 protected:
  /// On train.csv; `output` is the directory's name.
  Arguments command(const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",
                     "--train-file",
                     reviews_.path("train.csv"),
                     "--model",
                     reviews_.path("model"),
                     "--output-dir",
                     reviews_.path(output),
                     "--threads",
                     "1",
                     "--learning-rate",
                     "0.005",
                     "--skim-coefficient",
                     "0.1",
                     "--per-device-train-batch-size",
                     "8"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  /// Of a dense model, with finetune's own options.
  Arguments dense_command(const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",
                     "--train-file",
                     reviews_.path("train.csv"),
                     "--model",
                     reviews_.path("model"),
                     "--output-dir",
                     reviews_.path(output),
                     "--threads",
                     "1",
                     "--no-skimming",
                     "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProcessResult finetune(const std::string& output, const Arguments& more) const {
    return transkimmer(command(output, more));
  }
  ProcessResult predict(const std::string& output, const std::string& input) const {
    return transkimmer({"predict", "--model", reviews_.path(output), "--threads", "1"}, input);
  }
  std::set<std::string> files(const std::string& directory) const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(reviews_.path(directory)))
      names.insert(entry.path().filename());
    return names;
  }

  Reviews reviews_;
};

TEST_F(Finetune, LearnsStringLabelsAndLeavesAModelThatPredictUses) {
  const auto result =
      finetune("out", {"--validation-file", reviews_.path("dev.jsonl"), "--num-train-epochs", "8", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(files("out"), (std::set<std::string>{"checkpoint-48", "config.json", "model.safetensors",
                                                 "trainer_state.json", "vocab.txt"}));
  EXPECT_EQ(reviews_.json_file("out/config.json")["id2label"], (json{{"0", "blame"}, {"1", "praise"}}));
  const json state = reviews_.json_file("out/trainer_state.json");
  EXPECT_EQ(state["global_step"], 48);
  EXPECT_EQ(state["best_metric"], result.json()["best"]["score"]);
  EXPECT_GE(result.json()["best"]["score"], 0.9) << result.err;
  const auto answers = predict("out", "a charming journey\nflat movie\n");
  EXPECT_EQ(answers.status, 0) << answers.err;
  EXPECT_THAT(answers.out, MatchesRegex("praise\t[0-9.]+\nblame\t[0-9.]+\n"));
}

TEST_F(Finetune, BeginsWithTheEncoderThatShipsUnlessToldOtherwise) {
  std::filesystem::create_directory(reviews_.path("shipped"));
  std::filesystem::rename(reviews_.path("model"), reviews_.path("shipped/transkimmer-mini-uncased"));
  for (const std::vector<std::string>& model :
       {std::vector<std::string>{}, std::vector<std::string>{"--model", "transkimmer-mini-uncased"}}) {
    std::vector<std::string> arguments = {"finetune",
                                          "--train-file",
                                          reviews_.path("train.csv"),
                                          "--output-dir",
                                          reviews_.path("out"),
                                          "--max-steps",
                                          "1",
                                          "--overwrite-output-dir"};
    arguments.insert(arguments.end(), model.begin(), model.end());
    ::setenv("TRANSKIMMER_MODELS", reviews_.path("shipped").c_str(), 1);
    const ProcessResult result = transkimmer(arguments);
    ::unsetenv("TRANSKIMMER_MODELS");
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_TRUE(std::filesystem::exists(reviews_.path("out/model.safetensors")));
  }
}

TEST_F(Finetune, TellsAPipedReaderWhatItDoesLineByLine) {
  const auto result =
      finetune("out", {"--validation-file", reviews_.path("dev.jsonl"), "--num-train-epochs", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(
      result.err,
      MatchesRegex(
          "(note: [^\n]*\n)*"
          "train.csv: 48 training examples .[0-9]+ tokens., 16 for validation; 2 labels: '[a-z]+', '[a-z]+'; "
          "[0-9,]+ parameters, 6 steps\n"
          "step 6, epoch 1.00: accuracy [0-9.]+, loss [0-9.]+, tokens kept "
          "[0-9.]+% .[0-9]+ [0-9]+ [0-9]+ by layer., MACs [0-9.]+%, saved\n"
          "100%  6/6  in [0-9]+ s  loss [0-9.]+  kept [0-9]+%  accuracy [0-9.]+  "
          "[0-9]+ examples/s\n"));
  EXPECT_THAT(result.out, MatchesRegex("trained 6 steps in [0-9]+ s; the model is in [^\n]*/out\n"
                                       "its weights are those of step 6: accuracy [0-9.]+, tokens kept "
                                       "[0-9.]+%, [0-9.]+% of the dense model's MACs\n"));
}

TEST_F(Finetune, FromScratchNeedsNoWeightsAndNoSkimmingMakesNoPredictors) {
  std::filesystem::remove(reviews_.path("model/model.safetensors"));
  const Arguments dense = dense_command("out", {"--from-scratch", "--max-steps", "2"});
  const auto result = transkimmer(dense);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["skimming"], false);
  EXPECT_EQ(reviews_.json_file("out/config.json")["transkimmer"]["enabled"], false);
  EXPECT_THAT(read_file(reviews_.path("out/model.safetensors")), Not(HasSubstr("skim_predictors")));
  EXPECT_THAT(result.err, Not(HasSubstr("kept")));
  EXPECT_EQ(predict("out", "flat\n").status, 0);
  const auto both = finetune("both", {"--no-skimming"});
  EXPECT_EQ(both.status, 2);
  EXPECT_EQ(both.err, "transkimmer: error: --no-skimming excludes --skim-coefficient\n");
}

TEST_F(Finetune, OriginalSemanticsAreNotedWhenTheModelRuns) {
  const auto result = finetune("out", {"--semantics", "original", "--max-steps", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(reviews_.json_file("out/config.json")["transkimmer"]["semantics"], "original");
  const auto answer = predict("out", "flat\n");
  EXPECT_EQ(answer.status, 0);
  EXPECT_THAT(answer.err,
              MatchesRegex("note: the model was trained with the published code's attention[^\n]*\n"));
}

TEST_F(Finetune, RegressionLearnsNumbers) {
  reviews_.write("scores.jsonl", "{\"text\": \"good\", \"label\": 4.5}\n{\"text\": \"bad\", \"label\": 1}\n");
  const auto result =
      transkimmer({"finetune", "--train-file", reviews_.path("scores.jsonl"), "--regression",
                   "--validation-file", reviews_.path("scores.jsonl"), "--model", reviews_.path("model"),
                   "--output-dir", reviews_.path("out"), "--threads", "1", "--max-steps", "2", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["best"]["metric"], "pearson");
  EXPECT_THAT(predict("out", "good\n").out, MatchesRegex("-?[0-9.]+(e-?[0-9]+)?\n"));
}

TEST_F(Finetune, InterruptedAndResumedItEndsAsIfItHadNeverStopped) {
  // Long enough that the interrupt comes well before the end.
  const Arguments options = {"--validation-file", reviews_.path("dev.jsonl"),
                             "--max-steps",       "160",
                             "--save-steps",      "40",
                             "--eval-steps",      "80"};
  const auto whole = finetune("whole", options);
  ASSERT_EQ(whole.status, 0) << whole.err;

  const auto cut = run_process(TRANSKIMMER_PROGRAM, command("cut", options),
                               {.input = {},
                                .output_path = {},
                                .path_variable = {},
                                .interrupt_at = reviews_.path("cut/checkpoint-40")});
  ASSERT_EQ(cut.status, 1) << cut.err;
  EXPECT_THAT(cut.err, HasSubstr("transkimmer: error: interrupted at step "));
  const std::string checkpoint =
      cut.err.substr(0, cut.err.find(" holds; the same")).substr(cut.err.rfind('/') + 1);
  EXPECT_THAT(cut.err, EndsWith(", which " + reviews_.path("cut") + "/" + checkpoint +
                                " holds; the same command with --resume goes on from there\n"));
  EXPECT_EQ(predict("cut/" + checkpoint, "flat\n").status, 0) << "a checkpoint is a model";

  Arguments resuming = options;
  resuming.emplace_back("--resume");
  const auto resumed = finetune("cut", resuming);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, HasSubstr(" of them done\n"));
  EXPECT_EQ(read_file(reviews_.path("cut/trainer_state.json")),
            read_file(reviews_.path("whole/trainer_state.json")));
  for (const char* weights : {"/model.safetensors", "/checkpoint-160/model.safetensors"}) {
    EXPECT_TRUE(read_file(reviews_.path("cut") + weights) == read_file(reviews_.path("whole") + weights))
        << weights;
  }
}

TEST_F(Finetune, SetsExamplesApartForValidation) {
  const auto result = finetune("out", {"--validation-share", "0.25", "--max-steps", "2", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["train_examples"], 36);
  EXPECT_EQ(result.json()["validation_examples"], 12);
  EXPECT_TRUE(result.json().contains("best"));
  const auto twice =
      finetune("twice", {"--validation-share", "0.25", "--validation-file", reviews_.path("dev.jsonl")});
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err,
              HasSubstr("--validation-share is for a --train-file of texts without a --validation-file"));
}

TEST_F(Finetune, EndsWhereNothingGetsBetter) {
  // Without a learning rate the first evaluation is the best.
  Arguments first = dense_command(
      "out", {"--validation-file", reviews_.path("dev.jsonl"), "--learning-rate", "0", "--eval-steps", "1",
              "--early-stopping-patience", "2", "--num-train-epochs", "20"});
  const auto result = transkimmer(first);
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["steps"], 3);
  EXPECT_EQ(result.json()["stopped_early"], true);
  first.insert(first.end(), {"--resume", "auto"});
  const auto again = transkimmer(first);
  ASSERT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(again.json()["steps"], 3) << "the run was over";
  const auto blind = finetune("blind", {"--early-stopping-patience", "1"});
  EXPECT_EQ(blind.status, 2);
  EXPECT_THAT(blind.err, HasSubstr("--early-stopping-patience needs something to evaluate"));
}

TEST_F(Finetune, RareLabelsCountMoreWhereTheyAreWeighed) {
  std::string csv = "text,label\n";
  for (int i = 0; i < 30; ++i) csv += "a charming journey,praise\n";
  for (int i = 0; i < 10; ++i) csv += "flat movie,blame\n";
  write_file_atomically(reviews_.path("train.csv"), csv);
  const auto weights_of = [&](const std::string& output) {
    return reviews_.json_file(output + "/trainer_state.json")["transkimmer"]["options"]["class-weights"];
  };
  ASSERT_EQ(finetune("balanced", {"--class-weights", "balanced", "--max-steps", "1"}).status, 0);
  EXPECT_EQ(weights_of("balanced"), "2 0.66666666666666663") << "blame, praise";
  write_file_atomically(reviews_.path("weights.json"), R"({"praise": 1, "blame": 5})");
  ASSERT_EQ(finetune("file", {"--class-weights", reviews_.path("weights.json"), "--label-smoothing", "0.1",
                              "--max-steps", "1"})
                .status,
            0);
  EXPECT_EQ(weights_of("file"), "5 1");
  write_file_atomically(reviews_.path("weights.json"), R"({"praise": 1, "blam": 5})");
  const auto unknown = finetune("unknown", {"--class-weights", reviews_.path("weights.json")});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.err, HasSubstr("weights.json"));
  EXPECT_THAT(unknown.err, HasSubstr("blame"));
  write_file_atomically(reviews_.path("weights.json"), "[1, 5]");
  EXPECT_THAT(finetune("array", {"--class-weights", reviews_.path("weights.json")}).err,
              HasSubstr("weights.json: found an array, expected an object of labels and weights"));
}

TEST_F(Finetune, OptionsOfClassesAreRefusedForNumbers) {
  std::string csv = "text,label\n";
  for (int i = 0; i < 8; ++i) csv += "a charming journey," + std::to_string(i) + "\n";
  write_file_atomically(reviews_.path("train.csv"), csv);
  const auto weights = finetune("weights", {"--regression", "--class-weights", "balanced"});
  EXPECT_EQ(weights.status, 2);
  EXPECT_THAT(weights.err, HasSubstr("--class-weights is for labels of texts, not for regression"));
  const auto smooth = finetune("smooth", {"--regression", "--label-smoothing", "0.1"});
  EXPECT_EQ(smooth.status, 2);
  EXPECT_THAT(smooth.err, HasSubstr("--label-smoothing is for models that choose one of several labels"));
}

TEST_F(Finetune, TellsOfExamplesThatAreOnBothSides) {
  write_file_atomically(reviews_.path("same.csv"), read_file(reviews_.path("train.csv")));
  const auto result = finetune("out", {"--validation-file", reviews_.path("same.csv"), "--max-steps", "1"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("same.csv: 48 of 48 validation examples are among the training examples"));
}

TEST_F(Finetune, DoesNotRemoveTheCheckpointThatItIsToBeginWith) {
  ASSERT_EQ(finetune("out", {"--max-steps", "2"}).status, 0);
  const std::string checkpoint = reviews_.path("out") + "/checkpoint-2";
  const auto again =
      transkimmer({"finetune", "--train-file", reviews_.path("train.csv"), "--model", checkpoint,
                   "--output-dir", reviews_.path("out"), "--overwrite-output-dir"});
  EXPECT_EQ(again.status, 2);
  EXPECT_EQ(again.err, "transkimmer: error: --model: " + checkpoint + " is a checkpoint in --output-dir " +
                           reviews_.path("out") +
                           ", where the run removes it; choose another --output-dir, or another model\n");
  EXPECT_TRUE(std::filesystem::exists(checkpoint));
}

TEST_F(Finetune, SaysWhatAModelBringsAlongThatIsNotUsual) {
  ASSERT_EQ(
      finetune("out", {"--max-steps", "2", "--skim-threshold", "0.25", "--semantics", "original"}).status, 0);
  const auto again =
      transkimmer({"finetune", "--train-file", reviews_.path("train.csv"), "--model", reviews_.path("out"),
                   "--output-dir", reviews_.path("more"), "--max-steps", "1"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("note: --skim-threshold is 0.25, as in the model\n"));
  EXPECT_THAT(again.err, HasSubstr("note: --semantics is original, as in the model\n"));
  EXPECT_THAT(again.err, Not(HasSubstr("--gumbel-temperature")));
}

TEST_F(Finetune, HelpNamesItsOptionsAndTheirDefaults) {
  const auto result = transkimmer({"finetune", "--help"});
  EXPECT_EQ(result.status, 0);
  for (const char* option : {"--task", "--data-dir", "--train-file", "--model", "--output-dir",
                             "--from-scratch", "--no-skimming", "--skim-coefficient", "--learning-rate",
                             "--max-length", "--num-train-epochs", "--per-device-train-batch-size", "--seed",
                             "--resume", "pytorch_model.bin", "or as many as make", "Examples:"})
    EXPECT_THAT(result.out, HasSubstr(option));
  for (const auto& line : result.out_lines()) EXPECT_LE(line.size(), 100U) << line;
}

}  // namespace
}  // namespace transkimmer::test
