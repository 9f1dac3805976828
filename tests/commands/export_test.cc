#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Export : public ::testing::Test {
 protected:
  Export() { write_tiny_model(model(), {}); }
  std::filesystem::path model() const { return directory_.path() / "model"; }
  std::filesystem::path output() const { return directory_.path() / "output"; }
  ProcessResult run(const std::string& dtype, const std::filesystem::path& to) const {
    return transkimmer(
        {"export", "--model", model().string(), "--output-dir", to.string(), "--dtype", dtype});
  }
  static json label(const std::filesystem::path& model) {
    return transkimmer({"predict", "--model", model.string(), "--json"}, "a text of several words").json();
  }

  TemporaryDirectory directory_;
};

TEST_F(Export, HalvesAModelThatPredictsNearlyTheSame) {
  for (const char* dtype : {"f16", "bf16"}) {
    const ProcessResult result = run(dtype, output());
    ASSERT_EQ(result.status, 0) << result.err;
    const auto before = std::filesystem::file_size(model() / "model.safetensors");
    const auto after = std::filesystem::file_size(output() / "model.safetensors");
    EXPECT_LT(after, 0.65 * static_cast<double>(before)) << "the header stays as long as it was";
    EXPECT_NEAR(label(output())["score"].get<double>(), label(model())["score"].get<double>(), 0.02);
  }
  EXPECT_EQ(json::parse(read_file(output() / "config.json"))["torch_dtype"], "bfloat16");
}

TEST_F(Export, ToTheTypeItHasChangesNoWeight) {
  ASSERT_EQ(run("f32", output()).status, 0);
  EXPECT_EQ(label(output()), label(model()));
}

TEST_F(Export, LeavesNoTokenizerOfAnotherModelInAReusedDirectory) {
  std::filesystem::create_directory(output());
  write_file_atomically(output() / "tokenizer.json", "{}");
  ASSERT_EQ(run("f32", output()).status, 0);
  EXPECT_EQ(label(output()), label(model()));
}

TEST_F(Export, WritesAnOnnxModelThatSaysItIsDense) {
  const ProcessResult result = transkimmer(
      {"export", "--model", model().string(), "--output-dir", output().string(), "--onnx", "--quantize"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("model.onnx: dense, products in int8, "));
  EXPECT_THAT(result.err, HasSubstr("written without its skim predictors"));
  EXPECT_GT(std::filesystem::file_size(output() / "model.onnx"), 0U);
  EXPECT_FALSE(json::parse(read_file(output() / "config.json"))["transkimmer"]["enabled"]);
}

TEST_F(Export, QuantizesOnlyForOnnx) {
  const ProcessResult result =
      transkimmer({"export", "--model", model().string(), "--output-dir", output().string(), "--quantize"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("--quantize requires --onnx"));
}

TEST_F(Export, WritesNoModelOverItself) {
  const ProcessResult result = run("f16", model() / ".");
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("is the model itself, expected another directory"));
}

TEST_F(Export, NamesTheMissingModel) {
  const ProcessResult result =
      transkimmer({"export", "--model", (model() / "none").string(), "--output-dir", output().string()});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("none/config.json: cannot open: No such file or directory"));
  EXPECT_FALSE(std::filesystem::exists(output()));
}

}  // namespace
}  // namespace transkimmer::test
