#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "commands/training/reviews.h"

namespace transkimmer::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Arguments = std::vector<std::string>;

/// Runs of `transkimmer finetune` that are cut and go on.
class Resume : public ::testing::Test {
 protected:
  Arguments command(const std::string& output, const Arguments& more) const {
    Arguments all = {"finetune",
                     "--train-file",
                     reviews_.path("train.csv"),
                     "--validation-file",
                     reviews_.path("dev.jsonl"),
                     "--model",
                     reviews_.path("model"),
                     "--output-dir",
                     reviews_.path(output),
                     "--threads",
                     "1",
                     "--no-skimming",
                     "--save-total-limit",
                     "9"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  ProcessResult finetune(const std::string& output, const Arguments& more) const {
    return transkimmer(command(output, more));
  }
  bool exists(const std::string& name) const { return fs::exists(reviews_.path(name)); }

  Reviews reviews_;
};

/// At this rate nothing gets better after the first evaluation, whose weights are kept.
const Arguments best_at_step_2 = {"--learning-rate", "0", "--max-steps", "6", "--eval-steps", "2"};

Arguments with(Arguments options, const Arguments& more) {
  options.insert(options.end(), more.begin(), more.end());
  return options;
}

TEST_F(Resume, ACheckpointWithoutTheBestWeightsBeforeItIsRefusedAndWithThemGoesOn) {
  ASSERT_EQ(finetune("first", best_at_step_2).status, 0);
  fs::create_directory(reviews_.path("second"));
  fs::copy(reviews_.path("first/checkpoint-4"), reviews_.path("second/checkpoint-4"));
  for (const char* how : {"latest", "auto"}) {
    const auto alone = finetune("second", with(best_at_step_2, {"--resume", how}));
    EXPECT_EQ(alone.status, 2);
    EXPECT_EQ(alone.out, "");
    EXPECT_THAT(alone.err, HasSubstr("transkimmer: error: " + reviews_.path("second/checkpoint-4") +
                                     ": the best weights of this run so far, those of step 2, are not "
                                     "beside it ("));
    EXPECT_TRUE(exists("second/checkpoint-4"));
  }
  for (const char* file : {"config.json", "model.safetensors", "vocab.txt"})
    fs::copy(reviews_.path("first") + "/" + file, reviews_.path("second"));
  const auto resumed = finetune("second", with(best_at_step_2, {"--resume"}));
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.out, HasSubstr("its weights are those of step 2"));
}

TEST_F(Resume, OneCommandLineBeginsGoesOnAndEnds) {
  for (const Arguments& how :
       {Arguments{"--resume", "auto"}, Arguments{"--resume-from-checkpoint", "auto"}}) {
    const Arguments options = with({"--max-steps", "160", "--save-steps", "40", "--eval-steps", "80"}, how);
    const std::string output = how.front().substr(2);
    const auto cut = run_process(TRANSKIMMER_PROGRAM, command(output, options),
                                 {.input = {},
                                  .output_path = {},
                                  .path_variable = {},
                                  .interrupt_at = reviews_.path(output + "/checkpoint-40")});
    ASSERT_EQ(cut.status, 1) << cut.err;
    const auto resumed = finetune(output, options);
    EXPECT_EQ(resumed.status, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr(" of them done\n"));
    EXPECT_TRUE(exists(output + "/model.safetensors"));
    const auto again = finetune(output, options);
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("160 of them done\n"));
  }
}

TEST_F(Resume, AutoPassesOverDamagedCheckpointsWithANoteAndBeginsWhenAllAre) {
  ASSERT_EQ(finetune("out", best_at_step_2).status, 0);
  const Arguments options = with(best_at_step_2, {"--resume", "auto"});
  fs::resize_file(reviews_.path("out/checkpoint-6/optimizer.safetensors"), 100);
  const auto resumed = finetune("out", options);
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_THAT(resumed.err, StartsWith("note: " + reviews_.path("out/checkpoint-6") +
                                      " cannot be gone on from: " + reviews_.path("out/checkpoint-6") +
                                      "/optimizer.safetensors: "));
  EXPECT_THAT(resumed.err, HasSubstr("4 of them done"));
  for (const char* name : {"out/checkpoint-2/config.json", "out/checkpoint-4/model.safetensors",
                           "out/checkpoint-6/trainer_state.json"})
    fs::resize_file(reviews_.path(name), 20);
  const auto finished = finetune("out", options);
  EXPECT_EQ(finished.status, 2) << "the model is whole, and nothing would win it back";
  EXPECT_THAT(finished.err, HasSubstr("holds a model, and no run to go on with"));
  fs::remove(reviews_.path("out/trainer_state.json"));
  const auto anew = finetune("out", options);
  EXPECT_EQ(anew.status, 0) << anew.err;
  EXPECT_THAT(anew.err, Not(HasSubstr("of them done")));
}

TEST_F(Resume, AutoBeginsBesideWhatAKilledRunLeftAndBesideNothingElse) {
  fs::create_directories(reviews_.path("out/checkpoint-4.partial"));
  reviews_.write("out/model.safetensors.123-0.tmp", "half");
  const Arguments options = with(best_at_step_2, {"--resume", "auto"});
  EXPECT_EQ(finetune("out", best_at_step_2).status, 2) << "without auto the directory is not empty";
  EXPECT_EQ(finetune("out", options).status, 0);
  fs::create_directory(reviews_.path("mine"));
  reviews_.write("mine/model.safetensors", "mine");
  const auto refused = finetune("mine", options);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--output-dir: " + reviews_.path("mine") +
                                     " holds a model, and no run to go on with"));
  EXPECT_EQ(read_file(reviews_.path("mine/model.safetensors")), "mine");
}

TEST_F(Resume, AutoBeginsBesideFilesThatNoRunWrites) {
  fs::create_directories(reviews_.path("out/lost+found"));
  reviews_.write("out/run.log", "of a supervisor");
  reviews_.write("out/notes.tmp", "mine");
  EXPECT_EQ(finetune("out", with(best_at_step_2, {"--resume", "auto"})).status, 0);
  EXPECT_EQ(read_file(reviews_.path("out/run.log")), "of a supervisor");
  EXPECT_EQ(read_file(reviews_.path("out/notes.tmp")), "mine");
}

TEST_F(Resume, AutoBeginsAnewWhereARunWasKilledBeforeItsFirstCheckpoint) {
  const Arguments options = {"--max-steps",  "4000", "--eval-steps", "2",
                             "--save-steps", "4000", "--resume",     "auto"};
  const auto cut = run_process(TRANSKIMMER_PROGRAM, command("out", options),
                               {.input = {},
                                .output_path = {},
                                .path_variable = {},
                                .kill_at = reviews_.path("out/model.safetensors")});
  ASSERT_EQ(cut.status, 128 + SIGKILL) << cut.err;
  reviews_.write("out/model.safetensors.123-0.tmp", "half");
  const auto again = finetune("out", with(best_at_step_2, {"--resume", "auto"}));
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_FALSE(exists("out/model.safetensors.123-0.tmp"));
  EXPECT_EQ(finetune("out", with({"--max-steps", "2", "--save-steps", "2"}, {"--resume", "auto"})).status, 2)
      << "another run";
}

}  // namespace
}  // namespace transkimmer::test
