#include "model_files/weights/model_weights.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/made_model.h"
#include "model_files/model_directory.h"
#include "support/architectures.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::EditableTensors;
using test::MadeWeights;
using test::make_edited_model;
using test::small_config;
using test::TemporaryDirectory;
using testing::ElementsAre;
using testing::ThrowsMessage;

class GoldenWeights : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(GoldenWeights, LoadUnderPublishedNames) {
  const auto [architecture, task] = GetParam();
  const TemporaryDirectory directory;
  test::make_golden_model(directory.path(), architecture, task);
  ModelConfig config = ModelConfig::load(directory.path());
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {});

  EXPECT_EQ(config.model_type, architecture);
  EXPECT_TRUE(config.skim.enabled);
  EXPECT_EQ(config.skim.predictor_size, 32);
  EXPECT_EQ(config.skim.semantics, SkimSemantics::original);
  EXPECT_EQ(config.skim.coefficient, 0.5);
  EXPECT_TRUE(weights.has_predictors());
  EXPECT_TRUE(weights.has_head());
  for (const WeightSpec& spec : expected_weights(config.spec()))
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

TEST(ModelWeights, TellOfPredictorsWhereTheConfigurationSaysNull) {
  const TemporaryDirectory directory;
  test::make_golden_model(directory.path(), "bert", "cls");
  auto settings = nlohmann::json::parse(read_file(directory / "config.json"));
  settings["transkimmer"] = nullptr;
  write_file_atomically(directory / "config.json", settings.dump());
  ModelConfig config = ModelConfig::load(directory.path());
  ModelWeights::load(directory.path(), config, {});
  EXPECT_TRUE(config.skim.enabled);
}

TEST(ModelWeights, RefusesPublishedPredictorsWithoutAnySize) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::none);
  config.skim = {.enabled = true, .predictor_size = 3};
  const std::string name = "encoder.skim_predictors.0.predictor.1.weight";
  make_edited_model(directory.path(), config, [&](EditableTensors& tensors) {
    tensors.at(name).shape = {0, config.hidden_size};
    tensors.at(name).data.clear();
  });
  config.skim = {};
  config.save(directory.path());
  ModelConfig published = ModelConfig::load(directory.path());
  EXPECT_THAT([&] { ModelWeights::load(directory.path(), published, {}); },
              ThrowsMessage<FormatError>(testing::HasSubstr("'" + name + "' has shape [0, ")));
}

TEST(ModelWeights, ListsTheOtherTasksHeadAsUnused) {
  const TemporaryDirectory directory;
  test::make_golden_model(directory.path(), "bert", "cls");
  ModelConfig config = ModelConfig::load(directory.path());
  EXPECT_EQ(ModelWeights::load(directory.path(), config, {}).unused(),
            (std::vector<std::string>{"qa_outputs.bias", "qa_outputs.weight"}));
}

class SavedModel : public testing::TestWithParam<std::tuple<std::string, HeadKind, bool>> {};

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
  EXPECT_EQ(loaded.model_type, architecture);
  EXPECT_EQ(weights.has_predictors(), skimming);
  EXPECT_EQ(weights.has_head(), head != HeadKind::none);
  EXPECT_TRUE(weights.unused().empty());
  for (std::size_t i = 0; i < made.tensors.size(); ++i)
    EXPECT_EQ(weights.floats(made.tensors[i].name), made.data[i]) << made.tensors[i].name;
}

INSTANTIATE_TEST_SUITE_P(All, SavedModel,
                         testing::Combine(testing::ValuesIn(test::every_architecture()),
                                          testing::Values(HeadKind::none, HeadKind::classification,
                                                          HeadKind::regression, HeadKind::question_answering,
                                                          HeadKind::masked_lm),
                                          testing::Bool()));

TEST(ModelWeights, StayValidWhenMoved) {
  const TemporaryDirectory directory;
  const ModelConfig config = small_config("bert", HeadKind::classification);
  const MadeWeights made(config);
  save_model_weights(directory.path(), config, made.tensors);
  ModelConfig loaded = ModelConfig::load(directory.path());
  ModelWeights weights = ModelWeights::load(directory.path(), loaded, {});
  const ModelWeights moved = std::move(weights);
  EXPECT_EQ(moved.floats(made.tensors[0].name), made.data[0]);
}

/// Loads a saved model of `config` after `edit` changed its tensors.
template <typename Edit>
ModelWeights load_edited(ModelConfig& config, Edit edit, const WeightRequirements& required = {}) {
  const TemporaryDirectory directory;
  make_edited_model(directory.path(), config, edit);
  config = ModelConfig::load(directory.path());
  return ModelWeights::load(directory.path(), config, required);
}

TEST(ModelWeights, AcceptNamesWithoutPrefix) {
  ModelConfig config = small_config("bert", HeadKind::classification);
  const ModelWeights weights = load_edited(config, [](EditableTensors& tensors) {
    EditableTensors bare;
    for (auto& [name, tensor] : tensors) bare[name.starts_with("bert.") ? name.substr(5) : name] = tensor;
    tensors = bare;
  });
  EXPECT_TRUE(weights.has_head());
  EXPECT_TRUE(weights.unused().empty());
}

TEST(ModelWeights, AcceptGammaAndBeta) {
  ModelConfig config = small_config("bert", HeadKind::classification);
  const MadeWeights made(config);
  const ModelWeights weights = load_edited(config, [](EditableTensors& tensors) {
    for (const std::string norm : {"bert.embeddings.LayerNorm.", "bert.encoder.layer.1.output.LayerNorm."}) {
      tensors[norm + "gamma"] = tensors.extract(norm + "weight").mapped();
      tensors[norm + "beta"] = tensors.extract(norm + "bias").mapped();
    }
  });
  for (std::size_t i = 0; i < made.tensors.size(); ++i)
    EXPECT_EQ(weights.floats(made.tensors[i].name), made.data[i]) << made.tensors[i].name;
}

TEST(ModelWeights, IgnoreBuffersAndTiedDecoders) {
  ModelConfig config = small_config("bert", HeadKind::masked_lm);
  const ModelWeights weights = load_edited(config, [](EditableTensors& tensors) {
    tensors["bert.embeddings.position_ids"] = {DType::i64, {1}, std::vector<std::byte>(8)};
    tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"];
    tensors["cls.predictions.decoder.bias"] = tensors["cls.predictions.bias"];
  });
  EXPECT_TRUE(weights.unused().empty());
}

TEST(ModelWeights, FreshPredictorsAreAllowedOnlyWhereAskedFor) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::classification);
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);
  config.skim = {.enabled = true, .predictor_size = 4};
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {.predictors = false});
  EXPECT_FALSE(weights.has_predictors());
  EXPECT_THAT(
      [&] { ModelWeights::load(directory.path(), config, {}); },
      ThrowsMessage<FormatError>((directory / "model.safetensors").string() +
                                 ": tensor 'bert.encoder.skim_predictors.0.predictor.0.weight' is missing, "
                                 "expected with shape [4]"));
}

TEST(ModelWeights, PredictorsTurnedOffByTheConfigAreUnused) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::classification);
  config.skim = {.enabled = true, .predictor_size = 4};
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);
  config = ModelConfig::load(directory.path());
  config.skim.enabled = false;
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {});
  EXPECT_FALSE(config.skim.enabled);
  EXPECT_FALSE(weights.has_predictors());
  EXPECT_EQ(weights.unused().size(), 16U);
}

TEST(ModelWeights, PublishedPredictorsTellTheirSize) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::classification);
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);  // config.json without skimming
  ModelConfig skimming = config;
  skimming.skim = {.enabled = true, .predictor_size = 3};
  write_tensors(directory / "model.safetensors", [&] {
    const TemporaryDirectory other;
    save_model_weights(other.path(), skimming, MadeWeights(skimming).tensors);
    return test::read_tensors(other / "model.safetensors");
  }());
  config = ModelConfig::load(directory.path());
  EXPECT_TRUE(ModelWeights::load(directory.path(), config, {}).has_predictors());
  EXPECT_EQ(config.skim.predictor_size, 3);
  EXPECT_EQ(config.skim.semantics, SkimSemantics::original);
}

TEST(ModelWeights, AHeadOfOtherLabelsCountsAsAbsentWhenItIsToBeTrained) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::classification);
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);
  config.labels = {"yes", "no"};
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {.head = false});
  EXPECT_FALSE(weights.has_head());
  EXPECT_FALSE(weights.contains("classifier.weight"));
  EXPECT_TRUE(weights.contains("pooler.dense.weight"));
  EXPECT_THAT(weights.unused(), ElementsAre("classifier.bias", "classifier.weight"));
}

TEST(ModelWeights, UnknownTensorsOutsideTheEncoderAreUnusedWhenTheHeadIsToBeTrained) {
  ModelConfig config = small_config("bert", HeadKind::classification);
  const ModelWeights weights = load_edited(
      config, [](EditableTensors& tensors) { tensors["my_head.bias"] = tensors["classifier.bias"]; },
      {.head = false});
  EXPECT_TRUE(weights.has_head());
  EXPECT_THAT(weights.unused(), ElementsAre("my_head.bias"));
}

TEST(ModelWeights, ABareEncoderLoadsForAHeadToBeTrained) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("roberta", HeadKind::none);
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);
  config.head = HeadKind::question_answering;
  EXPECT_FALSE(ModelWeights::load(directory.path(), config, {.head = false}).has_head());
}

/// Splits a saved model into two shards and an index.
void make_shards(const std::filesystem::path& directory, const ModelConfig& config) {
  save_model_weights(directory, config, MadeWeights(config).tensors);
  EditableTensors shards[2];
  nlohmann::json map;
  for (const auto& [name, tensor] : test::read_tensors(directory / "model.safetensors")) {
    const std::size_t shard = name.size() % 2;
    shards[shard][name] = tensor;
    map[name] = shard == 0 ? "part-0.safetensors" : "part-1.safetensors";
  }
  test::write_tensors(directory / "part-0.safetensors", shards[0]);
  test::write_tensors(directory / "part-1.safetensors", shards[1]);
  write_file_atomically(directory / "model.safetensors.index.json",
                        nlohmann::json{{"weight_map", map}}.dump());
  std::filesystem::remove(directory / "model.safetensors");
}

TEST(ModelWeights, LoadFromShards) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::question_answering);
  make_shards(directory.path(), config);
  const MadeWeights made(config);
  const ModelWeights weights = ModelWeights::load(directory.path(), config, {});
  EXPECT_THAT(weights.files(),
              ElementsAre(directory / "part-0.safetensors", directory / "part-1.safetensors"));
  for (std::size_t i = 0; i < made.tensors.size(); ++i)
    EXPECT_EQ(weights.floats(made.tensors[i].name), made.data[i]) << made.tensors[i].name;
}

TEST(ModelWeights, PreferOneFileOverShards) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::question_answering);
  make_shards(directory.path(), config);
  save_model_weights(directory.path(), config, MadeWeights(config).tensors);
  EXPECT_THAT(ModelWeights::load(directory.path(), config, {}).files(),
              ElementsAre(directory / "model.safetensors"));
}

TEST(ModelWeights, NameTheShardThatLacksATensor) {
  const TemporaryDirectory directory;
  ModelConfig config = small_config("bert", HeadKind::question_answering);
  make_shards(directory.path(), config);
  EditableTensors tensors = test::read_tensors(directory / "part-1.safetensors");
  const std::string name = tensors.begin()->first;
  tensors.erase(tensors.begin());
  test::write_tensors(directory / "part-1.safetensors", tensors);
  EXPECT_THAT([&] { ModelWeights::load(directory.path(), config, {}); },
              ThrowsMessage<FormatError>((directory / "part-1.safetensors").string() + ": tensor '" + name +
                                         "' is missing, but model.safetensors.index.json says it is here"));
}

TEST(SaveModelWeights, RefusesOtherWeightsThanTheModels) {
  const TemporaryDirectory directory;
  const ModelConfig config = small_config("bert", HeadKind::classification);
  const MadeWeights made(config);
  const auto save = [&](auto edit) {
    std::vector<NamedTensor> tensors = made.tensors;
    edit(tensors);
    save_model_weights(directory / "model", config, tensors);
  };
  EXPECT_THAT([&] { save([](auto& tensors) { tensors.pop_back(); }); },
              ThrowsMessage<Error>("weight 'classifier.bias' to save is missing"));
  EXPECT_THAT([&] { save([](auto& tensors) { tensors.push_back(tensors.back()); }); },
              ThrowsMessage<Error>("weight 'classifier.bias' to save is there twice"));
  EXPECT_THAT(
      [&] { save([](auto& tensors) { tensors.push_back({.name = "other", .shape = {}, .data = {}}); }); },
      ThrowsMessage<Error>("weight 'other' to save is not one of this model"));
  EXPECT_THAT([&] { save([](auto& tensors) { tensors.back().shape = {4}; }); },
              ThrowsMessage<Error>("weight 'classifier.bias' to save has shape [4], expected [3]"));
  EXPECT_FALSE(std::filesystem::exists(directory / "model"));
}

}  // namespace
}  // namespace transkimmer
