#include "model_files/model_weights.h"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.h"
#include "model_files/model_directory.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;

/// The weights of a config, all different, so that a mix-up of names cannot hide.
struct MadeWeights {
  std::vector<std::vector<float>> data;
  std::vector<NamedTensor> tensors;

  explicit MadeWeights(const ModelConfig& config) {
    float next = 0;
    for (const WeightSpec& spec : expected_weights(config)) {
      std::size_t elements = 1;
      for (const std::int64_t size : spec.shape) elements *= static_cast<std::size_t>(size);
      std::vector<float>& values = data.emplace_back(elements);
      for (float& value : values) value = (next += 0.5F);
      tensors.push_back({.name = spec.name, .shape = spec.shape, .data = values});
    }
  }
};

ModelConfig small_config(Architecture architecture, HeadKind head) {
  ModelConfig config;
  config.architecture = architecture;
  config.head = head;
  config.vocab_size = 11;
  config.hidden_size = 4;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 6;
  config.max_position_embeddings = 8;
  config.type_vocab_size = 2;
  config.pad_token_id = architecture == Architecture::roberta ? 1 : 0;
  if (head == HeadKind::classification) config.labels = {"a", "b", "c"};
  if (head == HeadKind::regression) config.labels = {"score"};
  return config;
}

class GoldenWeights : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(GoldenWeights, LoadUnderPublishedNames) {
  const auto [architecture, task] = GetParam();
  const TemporaryDirectory directory;
  test::make_golden_model(directory.path(), architecture, task);
  ModelConfig config = ModelConfig::load(directory.path());
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {});

  EXPECT_EQ(name_of(config.architecture), architecture);
  EXPECT_TRUE(config.skim.enabled);
  EXPECT_EQ(config.skim.predictor_size, 32);
  EXPECT_EQ(config.skim.semantics, SkimSemantics::original);
  EXPECT_EQ(config.skim.coefficient, 0.5);
  EXPECT_TRUE(weights.has_predictors());
  EXPECT_TRUE(weights.has_head());
  for (const WeightSpec& spec : expected_weights(config))
    EXPECT_TRUE(weights.contains(spec.name)) << spec.name;

  const SafetensorsFile file = test::open_golden(std::string(architecture) + ".weights");
  const std::string name = "encoder.layer.2.output.dense.weight";
  EXPECT_EQ(weights.floats(name), to_floats(file.at(std::string(architecture) + "." + name)));
}

INSTANTIATE_TEST_SUITE_P(All, GoldenWeights,
                         testing::Values(std::pair("bert", "cls"), std::pair("bert", "qa"),
                                         std::pair("roberta", "cls"), std::pair("roberta", "qa")),
                         [](const auto& each) {
                           return std::string(each.param.first) + "_" + each.param.second;
                         });

TEST(ModelWeights, ListsTheOtherTasksHeadAsUnused) {
  const TemporaryDirectory directory;
  test::make_golden_model(directory.path(), "bert", "cls");
  ModelConfig config = ModelConfig::load(directory.path());
  EXPECT_EQ(ModelWeights::load(directory.path(), config, {}).unused(),
            (std::vector<std::string>{"qa_outputs.bias", "qa_outputs.weight"}));
}

class SavedModel : public testing::TestWithParam<std::tuple<Architecture, HeadKind, bool>> {};

TEST_P(SavedModel, LoadsWithEveryWeightUnchanged) {
  const auto [architecture, head, skimming] = GetParam();
  ModelConfig config = small_config(architecture, head);
  config.skim.enabled = skimming;
  config.skim.predictor_size = skimming ? 3 : 0;
  const MadeWeights made(config);
  const TemporaryDirectory directory;
  save_model_weights(directory / "model", config, made.tensors);

  ModelConfig loaded = ModelConfig::load(directory / "model");
  const ModelWeights weights = ModelWeights::load(directory / "model", loaded, {});
  EXPECT_EQ(loaded.head, head);
  EXPECT_EQ(loaded.architecture, architecture);
  EXPECT_EQ(weights.has_predictors(), skimming);
  EXPECT_EQ(weights.has_head(), head != HeadKind::none);
  EXPECT_TRUE(weights.unused().empty());
  for (std::size_t i = 0; i < made.tensors.size(); ++i)
    EXPECT_EQ(weights.floats(made.tensors[i].name), made.data[i]) << made.tensors[i].name;
}

INSTANTIATE_TEST_SUITE_P(All, SavedModel,
                         testing::Combine(testing::Values(Architecture::bert, Architecture::roberta),
                                          testing::Values(HeadKind::none, HeadKind::classification,
                                                          HeadKind::regression, HeadKind::question_answering,
                                                          HeadKind::masked_lm),
                                          testing::Bool()));

TEST(ModelWeights, StayValidWhenMoved) {
  const TemporaryDirectory directory;
  const ModelConfig config = small_config(Architecture::bert, HeadKind::classification);
  const MadeWeights made(config);
  save_model_weights(directory.path(), config, made.tensors);
  ModelConfig loaded = ModelConfig::load(directory.path());
  ModelWeights weights = ModelWeights::load(directory.path(), loaded, {});
  const ModelWeights moved = std::move(weights);
  EXPECT_EQ(moved.floats(made.tensors[0].name), made.data[0]);
}

}  // namespace
}  // namespace transkimmer
