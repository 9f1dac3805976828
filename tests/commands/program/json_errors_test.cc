#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

struct FailingCommand {
  std::vector<std::string> arguments;
  int status;
  std::string message;  ///< a part of it
};

/// Nothing on standard output, and on standard error one line: {"error": "..."}.
void expect_json_error(const FailingCommand& failing) {
  const auto result = transkimmer(failing.arguments);
  const std::string command = failing.arguments.front();
  EXPECT_EQ(result.status, failing.status) << command;
  EXPECT_EQ(result.out, "") << command;
  ASSERT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << command << ": " << result.err;
  const json error = json::parse(result.err);
  EXPECT_EQ(error.size(), 1U) << command;
  EXPECT_THAT(error.at("error"), HasSubstr(failing.message)) << command;
}

const std::vector<std::string> of_a_model = {"predict",   "evaluate", "sweep",
                                             "benchmark", "inspect",  "tokenize"};

TEST(JsonErrors, AreOneLineForEveryCommandThatReadsAModel) {
  for (const std::string& command : of_a_model) {
    std::vector<std::string> arguments = {command, "--json", "--model", "/nonexistent"};
    if (command == "evaluate" || command == "sweep")
      arguments.insert(arguments.end(), {"--validation-file", "x.csv"});
    expect_json_error({arguments, 1, "/nonexistent/config.json: cannot open"});
  }
  expect_json_error({{"export", "--model", "/nonexistent", "--output-dir", "/nonexistent/out", "--json"},
                     1,
                     "config.json"});
  const TemporaryDirectory directory;
  expect_json_error(
      {{"build-vocabulary", "--input", "/nonexistent", "--output-dir", directory.path(), "--json"},
       1,
       "/nonexistent"});
}

TEST(JsonErrors, AreOneLineForEveryTrainingCommand) {
  expect_json_error({{"finetune", "--json", "--train-file", "x.csv", "--model", "/nonexistent",
                      "--output-dir", "/nonexistent/out"},
                     1,
                     "/nonexistent: no such model directory"});
  expect_json_error(
      {{"pretrain", "--json", "--data", "x", "--model", "/nonexistent", "--output-dir", "/nonexistent/out"},
       1,
       "/nonexistent: no such model directory"});
  expect_json_error({{"demo", "--json", "--output-dir", "/proc/none"}, 1, "/proc/none"});
}

TEST(JsonErrors, ComeOfParsingToo) {
  for (const std::string command : {"predict", "evaluate", "sweep", "benchmark", "inspect", "tokenize",
                                    "export", "build-vocabulary", "finetune", "pretrain", "demo"})
    expect_json_error({{command, "--json", "--no-such-option"}, 2, ""});
  expect_json_error({{"predikt", "--json"}, 2, "unknown command 'predikt'; did you mean 'predict'?"});
  expect_json_error({{"--json"}, 2, "'--json'"});
}

TEST(JsonErrors, OneInTextIsOneLineTooWhateverItNames) {
  const auto result = transkimmer({"inspect", "--model", "/none\nexistent\x1b[2J"});
  EXPECT_EQ(result.err,
            "transkimmer: error: /none\\nexistent\\u001b[2J/config.json: cannot open: No such file or "
            "directory\n");
}

TEST(JsonErrors, EvaluateWritesItsFilesBeforeItsReport) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "model");
  write_file_atomically(directory / "dev.csv", "text,label\nflat,negative\n");
  expect_json_error({{"evaluate", "--model", directory / "model", "--validation-file", directory / "dev.csv",
                      "--predictions", directory / "none/predictions.jsonl", "--json"},
                     1,
                     "none/predictions.jsonl"});
}

TEST(JsonOutput, OfExportTellsWhatWasWritten) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "model");
  const auto result = transkimmer({"export", "--model", directory / "model", "--dtype", "bf16",
                                   "--output-dir", directory / "half", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["weights"], "bf16");
  EXPECT_EQ(result.json()["bytes"], std::filesystem::file_size(directory / "half/model.safetensors"));
}

}  // namespace
}  // namespace transkimmer::test
