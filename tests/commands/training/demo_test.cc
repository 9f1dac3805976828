#include <filesystem>
#include <string>

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
using testing::ContainsRegex;
using testing::MatchesRegex;

TEST(Demo, TrainsBothModelsAndComparesThem) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "tiny");
  const auto result = transkimmer({"demo", "--model", directory / "tiny", "--output-dir", directory / "kept",
                                   "--threads", "2", "--json"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.err, ContainsRegex("generating documents\n"
                                        "fine-tuning the dense model from tiny\n"
                                        "(.*\n)*fine-tuning it with skimming\n"
                                        "(.*\n)*running both over held-out documents\n"));
  const json report = result.json();
  EXPECT_EQ(report["examples"], 1000);
  EXPECT_EQ(report["threads"], 2);
  EXPECT_EQ(report["kept_fraction_per_layer"].size(), 3U);
  for (const char* key : {"macs_ratio_unpadded", "macs_ratio_padded", "seconds_ratio", "seconds_ratio_padded",
                          "accuracy_dense", "accuracy_skimmed", "seconds"})
    EXPECT_GT(report[key], 0) << key;
  EXPECT_GE(report["macs_ratio_padded"], report["macs_ratio_unpadded"]);

  const auto config = [&](const std::string& model) {
    return json::parse(read_file(directory / ("kept/" + model + "/config.json")));
  };
  EXPECT_EQ(config("dense")["id2label"]["0"], "billing");
  EXPECT_EQ(config("dense")["transkimmer"]["enabled"], false);
  EXPECT_EQ(config("skimmed")["transkimmer"]["enabled"], true);
  EXPECT_EQ(config("skimmed")["transkimmer"]["predictor_size"], 64);
  for (const char* model : {"dense", "skimmed"}) {
    const auto answer = transkimmer({"predict", "--model", directory / ("kept/" + std::string(model))},
                                    "a charming journey\n");
    EXPECT_THAT(answer.out, MatchesRegex("(billing|delivery|technical|praise)\t[01]\\.[0-9]+\n"))
        << answer.err;
  }
}

TEST(Demo, OverwritesNoModelUnasked) {
  const TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "kept/dense");
  write_file_atomically(directory / "kept/dense/model.safetensors", "mine");
  const auto result = transkimmer({"demo", "--output-dir", directory / "kept"});
  EXPECT_EQ(result.status, 2);
  EXPECT_EQ(result.err, "transkimmer: error: --output-dir: " + (directory / "kept/dense").string() +
                            " is not empty; say --overwrite-output-dir to replace it\n");
  EXPECT_EQ(read_file(directory / "kept/dense/model.safetensors"), "mine");
}

TEST(Demo, KeepsTheModelThatItBeginsFrom) {
  const TemporaryDirectory directory;
  write_tiny_model(directory / "kept/dense");
  const auto result = transkimmer({"demo", "--model", directory / "kept/dense", "--output-dir",
                                   directory / "kept", "--overwrite-output-dir"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, testing::HasSubstr("is in --output-dir, where it would be replaced"));
  EXPECT_TRUE(std::filesystem::exists(directory / "kept/dense/model.safetensors"));
}

}  // namespace
}  // namespace transkimmer::test
