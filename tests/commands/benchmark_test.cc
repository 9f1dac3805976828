#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Benchmark : public ::testing::Test {
 protected:
  Benchmark() { write_tiny_model(directory_.path()); }

  ProcessResult benchmark(const std::vector<std::string>& arguments) const {
    std::vector<std::string> all = {"benchmark", "--model",   directory_.path().string(),
                                    "--batch",   "4",         "--length",
                                    "16",        "--threads", "1",
                                    "--runs",    "3"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return transkimmer(all);
  }

  TemporaryDirectory directory_;
};

TEST_F(Benchmark, JsonHasEveryKeyAndAgreesWithItself) {
  const auto result = benchmark({"--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  const json report = result.json();
  std::vector<std::string> keys;
  for (const auto& [key, value] : report.items()) keys.push_back(key);
  EXPECT_THAT(keys, ::testing::UnorderedElementsAre("milliseconds", "tokens_per_second",
                                                    "sequences_per_second", "batch", "length",
                                                    "kept_fraction", "threads", "precision", "hardware"));
  EXPECT_EQ(report["batch"], 4);
  EXPECT_EQ(report["length"], 16);
  EXPECT_EQ(report["threads"], 1);
  EXPECT_EQ(report["precision"], "f32");
  EXPECT_EQ(report["milliseconds"]["runs"], 3);
  const double median = report["milliseconds"]["median"];
  EXPECT_GT(report["milliseconds"]["minimum"], 0);
  EXPECT_LE(report["milliseconds"]["minimum"], median);
  EXPECT_NEAR(report["sequences_per_second"], 4000 / median, 1e-6 * 4000 / median);
  EXPECT_NEAR(report["tokens_per_second"], 64000 / median, 1e-6 * 64000 / median);
  EXPECT_GT(report["kept_fraction"], 0);
  EXPECT_LT(report["kept_fraction"], 1);
}

TEST_F(Benchmark, DenseKeepsEverything) {
  EXPECT_EQ(benchmark({"--json", "--dense"}).json()["kept_fraction"], 1.0);
}

TEST_F(Benchmark, TableNamesWhatWasTimed) {
  const auto skimmed = benchmark({});
  EXPECT_EQ(skimmed.status, 0);
  EXPECT_THAT(skimmed.out, HasSubstr("4 sequences of 16 random tokens, unpadded"));
  EXPECT_THAT(skimmed.out, HasSubstr("skimming, threshold 0"));
  EXPECT_THAT(benchmark({"--dense"}).out, HasSubstr("dense (no token is skimmed)"));
}

TEST_F(Benchmark, ProfileShowsWhereTheTimeGoes) {
  const auto table = benchmark({"--profile"});
  EXPECT_EQ(table.status, 0) << table.err;
  for (const char* row :
       {"operation", "skim predictors", "query, key, value", "attention output", "waiting", "GFLOP/s"})
    EXPECT_THAT(table.out, HasSubstr(row));
  const json profile = benchmark({"--profile", "--json"}).json()["profile"];
  double share = 0;
  for (const auto& operation : profile)
    if (operation["operation"] != "all") share += operation["share"].get<double>();
  EXPECT_NEAR(share, 1, 1e-9);
}

TEST_F(Benchmark, DefaultLengthFitsTheModel) {
  const auto result = transkimmer({"benchmark", "--model", directory_.path(), "--runs", "1", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["length"], 64);
  EXPECT_EQ(result.json()["batch"], 32);
}

TEST_F(Benchmark, AnEncoderWithoutATaskHeadRunsItsLayers) {
  for (const HeadKind head : {HeadKind::none, HeadKind::masked_lm}) {
    write_tiny_model(directory_.path(), {.head = head, .labels = {}});
    const auto result = benchmark({"--profile"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("hidden size 32, no task head\n"));
    EXPECT_THAT(result.out, HasSubstr("feed-forward out"));
  }
}

TEST_F(Benchmark, WhatNeedsATaskHeadSaysWhichCommandGivesOne) {
  write_tiny_model(directory_.path(), {.head = HeadKind::none, .labels = {}});
  const std::string model = directory_.path().string();
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"predict"},
        std::vector<std::string>{"evaluate", "--validation-file", "x.csv"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--model", model});
    const auto result = transkimmer(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "transkimmer: error: " + model +
                              " holds an encoder without a task head (config.json names 'BertModel'); "
                              "'transkimmer finetune --model " +
                              model + "' gives it one\n");
  }
}

TEST_F(Benchmark, LongerThanTheModelIsBadUsage) {
  const auto result = transkimmer({"benchmark", "--model", directory_.path(), "--length", "65"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "transkimmer: error: sequence 0 has 65 tokens, the model takes at most 64\n");
}

}  // namespace
}  // namespace transkimmer::test
