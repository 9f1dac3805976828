#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "commands/process.h"
#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

ProcessResult inspect(const std::filesystem::path& directory,
                      std::vector<std::string> arguments = {"--json"}) {
  arguments.insert(arguments.begin(), {"inspect", "--model", directory.string()});
  return transkimmer(arguments);
}

TEST(Inspect, ParametersAreTheElementsOfTheTensors) {
  for (const std::string& architecture : test::every_architecture()) {
    const TemporaryDirectory directory;
    write_tiny_model(directory.path(), {.architecture = architecture});
    const auto result = inspect(directory.path());
    ASSERT_EQ(result.status, 0) << result.err;
    const json report = result.json();
    std::uint64_t elements = 0;
    for (const auto& tensor : report["tensors"]) {
      EXPECT_EQ(tensor["dtype"], "F32");
      EXPECT_EQ(tensor["file"], "model.safetensors");
      std::uint64_t product = 1;
      for (const auto& extent : tensor["shape"]) product *= extent.get<std::uint64_t>();
      elements += product;
    }
    const json& parameters = report["parameters"];
    EXPECT_EQ(parameters["total"], elements);
    EXPECT_EQ(parameters["encoder"].get<std::uint64_t>() + parameters["predictors"].get<std::uint64_t>() +
                  parameters["head"].get<std::uint64_t>(),
              elements);
  }
}

TEST(Inspect, CountsMacsByTheFormula) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(),
                   {.hidden_size = 32, .layers = 3, .intermediate_size = 64, .predictor_size = 16});
  const json macs = inspect(directory.path()).json()["macs"];
  EXPECT_EQ(macs["per_token"]["linear"], 3 * (4 * 32 * 32 + 2 * 32 * 64));
  EXPECT_EQ(macs["per_token"]["predictors"], 3 * (32 * 16 + 2 * 16));
  EXPECT_DOUBLE_EQ(macs["per_token"]["predictor_share"], (32 * 16 + 2 * 16) / (4.0 * 32 * 32 + 2 * 32 * 64));
  const std::uint64_t n = 64;
  EXPECT_EQ(macs["dense_sequence"]["tokens"], n);
  EXPECT_EQ(macs["dense_sequence"]["macs"],
            3 * (n * (4 * 32 * 32 + 2 * 32 * 64) + 2 * n * n * 32) + 32 * 32 + 2 * 32);
}

TEST(Inspect, DescribesTheModel) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.threshold = 0.25, .semantics = SkimSemantics::original});
  const json report = inspect(directory.path()).json();
  EXPECT_EQ(report["architecture"], "bert");
  EXPECT_EQ(report["labels"], json::parse(R"(["negative", "positive"])"));
  EXPECT_EQ(report["sizes"]["num_hidden_layers"], 3);
  EXPECT_EQ(report["skimming"]["threshold"], 0.25);
  EXPECT_EQ(report["skimming"]["semantics"], "original");
  EXPECT_EQ(report["skimming"]["protect"], "first_token");
  EXPECT_EQ(report["tokenizer"]["kind"], "WordPiece");
  EXPECT_EQ(report["tokenizer"]["vocabulary"], report["sizes"]["vocab_size"]);
  ASSERT_EQ(report["files"].size(), 3U);
  EXPECT_EQ(report["files"][1]["name"], "model.safetensors");
  EXPECT_EQ(report["files"][1]["bytes"], std::filesystem::file_size(directory / "model.safetensors"));

  const auto text = inspect(directory.path(), {});
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.out, HasSubstr("removal computes something else"));
  EXPECT_THAT(text.out, HasSubstr("classifier.weight"));
  EXPECT_THAT(text.out, HasSubstr("[2, 32]"));
}

TEST(Inspect, SaysThatTextsMayBeDoneEarly) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.protection = SkimProtection::none});
  EXPECT_EQ(inspect(directory.path()).json()["skimming"]["protect"], "none");
  EXPECT_THAT(inspect(directory.path(), {}).out, HasSubstr("a text is done when its first token is skimmed"));
}

TEST(Inspect, WorksWithoutWeightsAndWithoutTokenizer) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const json with_weights = inspect(directory.path()).json();
  std::filesystem::remove(directory / "model.safetensors");
  std::filesystem::remove(directory / "vocab.txt");
  const auto result = inspect(directory.path());
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["parameters"], with_weights["parameters"]);
  EXPECT_EQ(result.json()["macs"], with_weights["macs"]);
  EXPECT_EQ(result.json()["tensors"], json::array());
  EXPECT_THAT(result.json()["tokenizer"]["error"].get<std::string>(), HasSubstr("vocab.txt"));
  EXPECT_THAT(inspect(directory.path(), {}).out, HasSubstr("No weights here"));
}

TEST(Inspect, SaysWhenThereAreNoPredictors) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.predictor_size = 0});
  EXPECT_EQ(inspect(directory.path()).json()["skimming"], nullptr);
  EXPECT_EQ(inspect(directory.path()).json()["parameters"]["predictors"], 0);
  EXPECT_THAT(inspect(directory.path(), {}).out, HasSubstr("no predictors"));
}

TEST(Inspect, DamagedWeightsAreNamed) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  std::filesystem::resize_file(directory / "model.safetensors", 1000);
  const auto result = inspect(directory.path());
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("{\"error\":\"" + (directory / "model.safetensors").string() + ":"));
}

}  // namespace
}  // namespace transkimmer::test
