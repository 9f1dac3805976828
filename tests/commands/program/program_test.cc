#include <csignal>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Program, HelpListsEveryCommand) {
  const auto result = transkimmer({"--help"});
  EXPECT_EQ(result.status, 0);
  for (const char* command :
       {"finetune", "evaluate", "predict", "benchmark", "inspect", "tokenize", "demo"}) {
    EXPECT_THAT(result.out, HasSubstr(std::string("\n  ") + command + "  ")) << command;
  }
  EXPECT_EQ(result.err, "");
}

TEST(Program, HelpOfEachCommandExplainsShowsAnExampleAndDefaults) {
  for (const std::string command : {"evaluate", "predict", "benchmark", "inspect", "tokenize"}) {
    const auto result = transkimmer({command, "--help"});
    EXPECT_EQ(result.status, 0) << command;
    EXPECT_THAT(result.out, HasSubstr("Usage: transkimmer " + command)) << command;
    EXPECT_THAT(result.out, HasSubstr("Example")) << command;
    EXPECT_THAT(result.out, HasSubstr("transkimmer " + command + " --model ")) << command;
    EXPECT_THAT(result.out, HasSubstr("(required)")) << command;
    if (command != "inspect") {
      EXPECT_THAT(result.out, HasSubstr("[default: ")) << command;
    }
    for (const auto& line : result.out_lines()) EXPECT_LE(line.size(), 100U) << command << ": " << line;
  }
}

TEST(Program, TellsItsVersion) {
  const auto result = transkimmer({"--version"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.out, ::testing::MatchesRegex("transkimmer [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Program, LinksNoLibtorch) {
  const auto result = run_process("ldd", {TRANSKIMMER_PROGRAM});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("libdnnl"));
  EXPECT_THAT(result.out, Not(HasSubstr("libtorch")));
  EXPECT_THAT(result.out, Not(HasSubstr("libc10")));
}

TEST(Program, FullDiskIsAFailure) {
  ProcessOptions options;
  options.output_path = "/dev/full";
  const auto result = run_process(TRANSKIMMER_PROGRAM, {"--help"}, options);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "transkimmer: error: standard output: cannot be written\n");
}

TEST(Program, ReaderThatHasSeenEnoughEndsItSilently) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  Conversation conversation(TRANSKIMMER_PROGRAM, {"tokenize", "--model", directory.path()});
  conversation.write("a\n");
  EXPECT_NE(conversation.read_line(30), "");
  conversation.close_output();
  conversation.write("a\n");
  EXPECT_EQ(conversation.finish(), 128 + SIGPIPE);
}

/// A copy of the program in a directory of its own, beside which there is no training program.
class Delegation : public ::testing::Test {
 protected:
  Delegation() { std::filesystem::copy_file(TRANSKIMMER_PROGRAM, program_); }

  /// A stand-in for the training program that tells how it was called.
  static void write_script(const std::filesystem::path& path) {
    write_file_atomically(path, "#!/bin/sh\necho \"called with: $*\"\nexit 7\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  TemporaryDirectory directory_;
  std::string program_ = directory_ / "transkimmer";
};

TEST_F(Delegation, AbsentTrainingProgramIsExplained) {
  ProcessOptions options;
  options.path_variable = "/nonexistent";
  for (const std::string command : {"finetune", "demo"}) {
    const auto result = run_process(program_, {command, "--task", "sst2"}, options);
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.err, "transkimmer: error: '" + command +
                              "' needs the training program, which is built where libtorch is installed "
                              "(libtorch-dev, cmake -DTRANSKIMMER_TRAINING=ON): there is no program "
                              "'transkimmer-train' in " +
                              directory_.path().string() + " or on PATH\n");
  }
}

TEST_F(Delegation, TrainingProgramBesideItGetsTheSameArgumentsAndGivesTheStatus) {
  write_script(directory_ / "transkimmer-train");
  const auto result = run_process(program_, {"finetune", "--task", "sst2", "--seed", "1"});
  EXPECT_EQ(result.out, "called with: finetune --task sst2 --seed 1\n");
  EXPECT_EQ(result.status, 7);
}

TEST_F(Delegation, TrainingProgramOnPathIsFound) {
  const TemporaryDirectory elsewhere;
  write_script(elsewhere / "transkimmer-train");
  ProcessOptions options;
  options.path_variable = elsewhere.path().string() + ":/usr/bin:/bin";
  const auto result = run_process(program_, {"demo", "--help"}, options);
  EXPECT_EQ(result.out, "called with: demo --help\n");
  EXPECT_EQ(result.status, 7);
}

TEST_F(Delegation, TrainingProgramThatCannotRunIsAFailure) {
  write_file_atomically(directory_ / "transkimmer-train", "not a program");
  const auto result = run_process(program_, {"demo"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "transkimmer: error: transkimmer-train: cannot be started: Permission denied\n");
}

}  // namespace
}  // namespace transkimmer::test
