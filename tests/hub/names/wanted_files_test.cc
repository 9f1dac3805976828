#include "hub/names/wanted_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

TEST(WantedFiles, AreSettingsTokenizerAndWeightsAlone) {
  const std::set<std::string> all = {".gitattributes",     "README.md",         "config.json",
                                     "flax_model.msgpack", "model.safetensors", "onnx/model.onnx",
                                     "pytorch_model.bin",  "rust_model.ot",     "tf_model.h5",
                                     "tokenizer.json",     "vocab.txt"};
  const WantedFiles settings = wanted_settings(all);
  EXPECT_THAT(settings.present, ElementsAre("config.json", "tokenizer.json", "vocab.txt"));
  EXPECT_THAT(settings.absent, IsSupersetOf({"modules.json", "added_tokens.json", "tokenizer_config.json"}));
  EXPECT_THAT(wanted_weights(all, "unused").present, ElementsAre("model.safetensors"));
}

TEST(WantedFiles, AreThoseOfPytorchWithoutSafetensors) {
  const std::set<std::string> all = {"config.json", "pytorch_model.bin"};
  EXPECT_THAT(wanted_settings(all).present, ElementsAre("config.json"));
  const WantedFiles weights = wanted_weights(all, "unused");
  EXPECT_THAT(weights.present, ElementsAre("pytorch_model.bin"));
  EXPECT_THAT(weights.absent, ElementsAre("model.safetensors", "model.safetensors.index.json"));
}

class ShardedModel : public ::testing::TestWithParam<std::string> {
 protected:
  ShardedModel() {
    write_file_atomically(directory_ / list_,
                          R"({"weight_map": {"a": "part-1", "b": "part-2", "c": "part-1"}})");
  }
  TemporaryDirectory directory_;
  std::string list_ = GetParam() + ".index.json";
};

TEST_P(ShardedModel, HasTheShardsOfItsList) {
  const std::set<std::string> all = {"config.json", list_, "part-1", "part-2", "part-3"};
  EXPECT_THAT(wanted_settings(all).present, ElementsAre("config.json", list_));
  EXPECT_THAT(wanted_weights(all, directory_.path()).present,
              ::testing::UnorderedElementsAre(list_, "part-1", "part-2"));
}

TEST_P(ShardedModel, SaysWhichShardIsNotThere) {
  try {
    wanted_weights({"config.json", list_, "part-1"}, directory_.path());
    FAIL() << "nothing was thrown";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("'part-2'"));
  }
}

TEST_P(ShardedModel, IsWholeWithAllShards) {
  EXPECT_EQ(missing_part(directory_.path()), "config.json");
  write_file_atomically(directory_ / "config.json", "{}");
  write_file_atomically(directory_ / "part-1", "");
  EXPECT_EQ(missing_part(directory_.path()), "part-2");
  write_file_atomically(directory_ / "part-2", "");
  EXPECT_EQ(missing_part(directory_.path()), "");
}

INSTANTIATE_TEST_SUITE_P(Weights, ShardedModel, ::testing::Values("model.safetensors", "pytorch_model.bin"));

TEST(WantedFiles, OfASentenceModelAreInItsFolders) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "modules.json", R"([
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}])");
  const std::set<std::string> all = {"1_Pooling/config.json",
                                     "2_Dense/config.json",
                                     "2_Dense/model.safetensors",
                                     "2_Dense/pytorch_model.bin",
                                     "config.json",
                                     "model.safetensors",
                                     "modules.json"};
  EXPECT_THAT(wanted_weights(all, directory.path()).present,
              ElementsAre("1_Pooling/config.json", "2_Dense/config.json", "2_Dense/model.safetensors",
                          "model.safetensors"));
}

TEST(WantedFiles, OfAModuleMayBeShards) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "modules.json", R"([
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": "1_Dense", "type": "sentence_transformers.models.Dense"}])");
  const std::string list = "1_Dense/model.safetensors.index.json";
  const std::set<std::string> all = {"1_Dense/config.json", list,          "1_Dense/part-1",
                                     "1_Dense/part-2",      "config.json", "modules.json",
                                     "model.safetensors"};
  EXPECT_THAT(wanted_module_settings(all, directory.path()).present,
              ElementsAre("1_Dense/config.json", list));
  make_directory(directory / "1_Dense");
  write_file_atomically(directory / list, R"({"weight_map": {"a": "part-1", "b": "part-2"}})");
  EXPECT_THAT(
      wanted_weights(all, directory.path()).present,
      ElementsAre("1_Dense/config.json", list, "1_Dense/part-1", "1_Dense/part-2", "model.safetensors"));
}

TEST(WantedFiles, OfAListThatLeadsOutAreRefused) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "model.safetensors.index.json", R"({"weight_map": {"a": "../../x"}})");
  EXPECT_THROW(wanted_weights({"model.safetensors.index.json"}, directory.path()), FormatError);
}

}  // namespace
}  // namespace transkimmer::test
