#include <filesystem>
#include <set>
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
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using Arguments = std::vector<std::string>;

/// `transkimmer pretrain`, which starts the training program beside it, on a folder of short texts.
class Pretrain : public ::testing::Test {
 protected:
  Pretrain() {
    std::filesystem::create_directories(reviews_.path("text"));
    for (int file = 0; file < 40; ++file) {
      std::string text;
      for (int line = 0; line < 6; ++line)
        text += (file + line) % 3 == 0 ? "a charming journey, very good story.\n"
                                       : "the film was flat and dull.\n";
      reviews_.write("text/" + std::to_string(file) + ".txt", text);
    }
  }

  Arguments command(const std::string& output, const Arguments& more) const {
    Arguments all = {"pretrain",
                     "--data",
                     reviews_.path("text"),
                     "--model",
                     reviews_.path("model"),
                     "--output-dir",
                     reviews_.path(output),
                     "--from-scratch",
                     "--threads",
                     "1",
                     "--max-length",
                     "16",
                     "--held-out-fraction",
                     "0.2",
                     "--per-device-train-batch-size",
                     "8"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProcessResult pretrain(const std::string& output, const Arguments& more) const {
    return transkimmer(command(output, more));
  }

  Reviews reviews_;
};

TEST_F(Pretrain, LeavesAMaskedLanguageModelThatFinetuneTakes) {
  const auto result = pretrain("out", {"--max-steps", "60", "--eval-steps", "30", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["steps"], 60);
  EXPECT_EQ(result.json()["documents"], 40);
  EXPECT_EQ(result.json()["skimming"], false);
  EXPECT_LT(result.json()["perplexity"], 60) << "the vocabulary is larger";
  EXPECT_EQ(reviews_.json_file("out/config.json")["architectures"], json::array({"BertForMaskedLM"}));
  const std::string weights = read_file(reviews_.path("out/model.safetensors"));
  EXPECT_THAT(weights, HasSubstr("cls.predictions.transform.dense.weight"));
  EXPECT_THAT(weights, HasSubstr("bert.embeddings.word_embeddings.weight"));
  const json state = reviews_.json_file("out/trainer_state.json");
  EXPECT_EQ(state["global_step"], 60);
  EXPECT_GT(state["num_input_tokens_seen"], 60 * 4 * 16);
  EXPECT_TRUE(std::filesystem::exists(reviews_.path("out/vocab.txt")));

  const auto tuned = transkimmer({"finetune", "--train-file", reviews_.path("train.csv"), "--model",
                                  reviews_.path("out"), "--output-dir", reviews_.path("tuned"), "--threads",
                                  "1", "--max-steps", "2", "--no-skimming", "--max-length", "16"});
  ASSERT_EQ(tuned.status, 0) << tuned.err;
  EXPECT_THAT(tuned.err, MatchesRegex("note: [^\n]*the task head starts from fresh weights\n"
                                      "[^\n]*2 steps\n[^\n]*\n"));
}

TEST_F(Pretrain, TellsAPipedReaderWhatItDoesLineByLine) {
  const auto result = pretrain("out", {"--max-steps", "2"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(
      result.err,
      MatchesRegex("(tokenising[^\n]*\n)+"
                   "40 documents, [0-9,]+ tokens to learn from, [0-9,]+ held out; [0-9,]+ parameters, "
                   "2 steps\n"
                   "step 2, epoch [0-9.]+: accuracy [0-9.]+, perplexity [0-9.]+, loss [0-9.]+\n"
                   "100%  2/2  in [0-9]+ s  loss [0-9.]+  perplexity [0-9.]+  [0-9]+ tokens/s\n"));
  EXPECT_THAT(result.out,
              MatchesRegex("trained 2 steps in [0-9]+ s; the model is in [^\n]*/out\n"
                           "held-out perplexity [0-9.]+, [0-9.]+% of the hidden tokens guessed\n"));
}

TEST_F(Pretrain, InterruptedAndResumedItEndsAsIfItHadNeverStopped) {
  const Arguments options = {"--max-steps", "400", "--save-steps", "50", "--eval-steps", "200"};
  const auto whole = pretrain("whole", options);
  ASSERT_EQ(whole.status, 0) << whole.err;
  const auto cut = run_process(TRANSKIMMER_PROGRAM, command("cut", options),
                               {.input = {},
                                .output_path = {},
                                .path_variable = {},
                                .interrupt_at = reviews_.path("cut/checkpoint-50")});
  ASSERT_EQ(cut.status, 1) << cut.err;
  EXPECT_THAT(cut.err, HasSubstr("transkimmer: error: interrupted at step "));
  Arguments resuming = options;
  resuming.insert(resuming.end(), {"--resume-from-checkpoint", "auto"});
  const auto resumed = pretrain("cut", resuming);
  ASSERT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("tokenising"))) << "the tokens are there already";
  EXPECT_EQ(read_file(reviews_.path("cut/model.safetensors")),
            read_file(reviews_.path("whole/model.safetensors")));
  EXPECT_EQ(reviews_.json_file("cut/trainer_state.json")["log_history"],
            reviews_.json_file("whole/trainer_state.json")["log_history"]);
}

TEST_F(Pretrain, BeginsAgainWhereARunWasKilledBeforeItsFirstCheckpoint) {
  ASSERT_EQ(pretrain("out", {"--max-steps", "2"}).status, 0);
  for (const auto& entry : std::filesystem::directory_iterator(reviews_.path("out")))
    if (entry.path().filename() != "corpus.tokens") std::filesystem::remove_all(entry.path());
  const auto again = pretrain("out", {"--max-steps", "2", "--resume", "auto"});
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_THAT(again.err, Not(HasSubstr("tokenising")));
}

TEST_F(Pretrain, TextThatLeavesNothingToHideTeachesNothingAndDoesNoHarm) {
  for (int file = 0; file < 40; file += 2) {
    std::string unknown;
    for (int word = 0; word < 40; ++word) unknown += "\xE7\x8C\xAB ";  // a word that no vocabulary here has
    reviews_.write("text/" + std::to_string(file) + ".txt", unknown);
  }
  const Arguments options = {"--per-device-eval-batch-size", "1", "--max-steps", "20", "--eval-steps", "10"};
  Arguments alone = command("out", options);
  const auto size = std::find(alone.begin(), alone.end(), "--per-device-train-batch-size");
  *(size + 1) = "1";
  const auto result = transkimmer(alone);
  ASSERT_EQ(result.status, 0) << result.err;
  for (const json& entry : reviews_.json_file("out/trainer_state.json")["log_history"])
    for (const auto& [name, value] : entry.items()) EXPECT_TRUE(value.is_number()) << name;
}

TEST_F(Pretrain, ResumingWithAnotherTextIsRefused) {
  ASSERT_EQ(pretrain("out", {"--max-steps", "4", "--save-steps", "2"}).status, 0);
  for (int file = 0; file < 40; ++file) {
    std::string text;
    for (int line = 0; line < 6; ++line)
      text +=
          (file + line) % 3 == 1 ? "a charming journey, very good story.\n" : "the film was flat and dull.\n";
    reviews_.write("text/" + std::to_string(file) + ".txt", text);
  }
  std::filesystem::remove(reviews_.path("out/corpus.tokens"));
  const auto other = pretrain("out", {"--max-steps", "4", "--save-steps", "2", "--resume"});
  EXPECT_EQ(other.status, 2);
  EXPECT_THAT(other.err, HasSubstr("this run had training text "));
}

TEST_F(Pretrain, TrainsSkimPredictorsWhenGivenACoefficient) {
  const auto result = pretrain(
      "out", {"--max-steps", "2", "--skim-coefficient", "0.3", "--skim-predictor-size", "8", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["skimming"], true);
  EXPECT_EQ(reviews_.json_file("out/config.json")["transkimmer"]["skim_coefficient"], 0.3);
  EXPECT_THAT(read_file(reviews_.path("out/model.safetensors")), HasSubstr("skim_predictors.0.predictor.1"));
}

TEST_F(Pretrain, MaxTokensBoundsTheRun) {
  const auto result = pretrain("out", {"--max-tokens", "257", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["steps"], 3) << "8 sequences of 16 are 128 tokens";
}

struct BadCase {
  const char* name;
  Arguments more;
  const char* message;
};

class PretrainBadOptions : public Pretrain, public ::testing::WithParamInterface<BadCase> {};

TEST_P(PretrainBadOptions, AreRefusedByName) {
  const auto result = pretrain("out", GetParam().more);
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Options, PretrainBadOptions,
    ::testing::Values(
        BadCase{"LongerThanTheModel",
                {"--long-max-length", "1000"},
                "--long-max-length: this model takes at most"},
        BadCase{"ShorterThanShort", {"--long-max-length", "8"}, "--long-max-length: 8 is less than"},
        BadCase{"MaskTwice", {"--mask-probability", "2"}, "--mask-probability"},
        BadCase{"MaskNothing", {"--mask-probability", "0"}, "--mask-probability"},
        BadCase{"TwoEnds", {"--max-steps", "2", "--max-tokens", "100"}, "either --max-tokens or --max-steps"},
        BadCase{"PredictorsWithoutSkimming", {"--skim-predictor-size", "8"}, "--skim-coefficient"},
        BadCase{"Beta", {"--adam-beta2", "1"}, "--adam-beta"},
        BadCase{"NoSuchText", {"--data", "/no/such/text"}, "/no/such/text"},
        BadCase{"HoldOutEverything", {"--held-out-fraction", "0.9"}, "--held-out-fraction"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Pretrain, TextTooShortForOneSequenceIsRefused) {
  reviews_.write("short.txt", "a film");
  const auto result = transkimmer({"pretrain", "--data", reviews_.path("short.txt"), "--model",
                                   reviews_.path("model"), "--from-scratch", "--output-dir",
                                   reviews_.path("out"), "--max-length", "16", "--held-out-fraction", "0"});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("too few for one sequence of --max-length 16"));
}

TEST_F(Pretrain, NeitherTextNorTokensIsRefused) {
  const auto result = transkimmer({"pretrain", "--model", reviews_.path("model"), "--from-scratch",
                                   "--output-dir", reviews_.path("out"), "--max-length", "16"});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("--data"));
}

TEST_F(Pretrain, TokensOfAnotherTextAreRefused) {
  ASSERT_EQ(pretrain("first", {"--max-steps", "1", "--token-file", reviews_.path("some.tokens")}).status, 0);
  reviews_.write("text/more.txt", "a good story");
  const auto result = pretrain("second", {"--token-file", reviews_.path("some.tokens")});
  EXPECT_NE(result.status, 0);
  EXPECT_THAT(result.err, HasSubstr("some.tokens: made from "));
}

}  // namespace
}  // namespace transkimmer::test
