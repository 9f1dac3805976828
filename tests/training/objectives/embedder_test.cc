// Embedders in training: their vectors are sentence-transformers', what is saved is an embedder again, and a
// skimming one computes what the runtime does.

#include "transkimmer/embedder.h"

#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "features/compared_texts.h"
#include "model_files/json/json.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "runtime/engine.h"
#include "support/golden.h"
#include "support/temporary_directory.h"
#include "training/network/model.h"
#include "training/objectives/batching.h"
#include "training/objectives/distillation.h"
#include "training/objectives/masked_evaluation.h"

namespace transkimmer {
namespace {

using nlohmann::json;

class TrainedEmbedder : public testing::TestWithParam<std::string> {
 protected:
  TrainedEmbedder() {
    for (const json& text : expected["texts"])
      dataset.examples.push_back({.text = text.get<std::string>(), .text_pair = {}});
    dataset.labelled = false;
  }

  TrainingModel load(ModelConfig config, std::uint64_t seed = 0) const {
    return TrainingModel::load(directory, config, {.seed = seed}, {});
  }
  LabelledBatch batch(const ModelConfig& config) const {
    const auto tokenizer = load_tokenizer(directory, config);
    const EncodedDataset encoded = encode_dataset(dataset, *tokenizer, longest_input(config, *tokenizer), 1);
    Batch all;
    for (std::uint32_t i = 0; i < encoded.size(); ++i) all.push_back(i);
    return make_batch(encoded, all, config, torch::kCPU);
  }

  std::filesystem::path directory = test::golden_path("sentence_transformers") / GetParam();
  json expected = read_json(directory / "expected.json");
  Dataset dataset;
};

INSTANTIATE_TEST_SUITE_P(Models, TrainedEmbedder,
                         testing::Values("mean", "first", "raw_last", "weighted", "several_dense"),
                         [](const auto& tested) { return tested.param; });

TEST_P(TrainedEmbedder, VectorsEqualThoseOfSentenceTransformers) {
  const ModelConfig config = ModelConfig::load(directory);
  const Tensor vectors = load(config).forward(batch(config).inputs, {}).head.logits.contiguous();
  ASSERT_EQ(vectors.size(0), static_cast<std::int64_t>(expected["vectors"].size()));
  for (std::int64_t i = 0; i < vectors.size(0); ++i)
    for (std::int64_t k = 0; k < vectors.size(1); ++k)
      EXPECT_NEAR(vectors[i][k].item<float>(),
                  expected["vectors"][static_cast<std::size_t>(i)][static_cast<std::size_t>(k)].get<double>(),
                  1e-5);
}

TEST_P(TrainedEmbedder, IsSavedAsAnEmbedderThatAnswersAlike) {
  ModelConfig config = ModelConfig::load(directory);
  config.skim.enabled = true;
  config.skim.predictor_size = 8;
  const test::TemporaryDirectory saved;
  const TrainingModel model = load(config, 3);
  model.save(saved.path());
  copy_tokenizer_files(directory, saved.path());
  const Embedder before = Embedder::load(directory, {.threads = 1});
  const Embedder after = Embedder::load(saved.path(), {.threads = 1, .skimming = false});
  for (const Example& example : dataset.examples)
    EXPECT_EQ(before.embed({example.text}).front().values, after.embed({example.text}).front().values);
  EXPECT_EQ(after.prompts(), before.prompts());
}

TEST_P(TrainedEmbedder, MasksWhatTheRuntimeRemoves) {
  ModelConfig config = ModelConfig::load(directory);
  config.skim.enabled = true;
  config.skim.predictor_size = 8;
  TrainingModel model = load(config, 3);
  // Fresh predictors keep everything alike; unequal ones skim some tokens in each layer.
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 0.8F);
  for (const auto& entry : model.parameters().entries())
    if (entry.spec.group == WeightGroup::predictor && entry.spec.role != WeightRole::norm_scale)
      for (std::int64_t i = 0; i < entry.value.numel(); ++i)
        entry.value.data_ptr<float>()[i] = normal(random);
  const test::TemporaryDirectory saved;
  model.save(saved.path());
  const LabelledBatch given = batch(config);
  const ModelOutput masked = model.forward(given.inputs, {});
  const Engine engine = Engine::load(saved.path(), {.threads = 1});
  RaggedBatch ragged;
  for (std::int64_t row = 0; row < given.inputs.ids.size(0); ++row) {
    std::vector<std::int32_t> ids;
    for (std::int64_t t = 0; t < given.inputs.real[row].sum().item<std::int64_t>(); ++t)
      ids.push_back(given.inputs.ids[row][t].item<std::int32_t>());
    ragged.add(ids);
  }
  const BatchResult removed = engine.run(ragged);
  const Tensor vectors = masked.head.logits.contiguous();
  ASSERT_EQ(vectors.numel(), static_cast<std::int64_t>(removed.logits.size()));
  for (std::size_t i = 0; i < removed.logits.size(); ++i)
    EXPECT_NEAR(vectors.data_ptr<float>()[i], removed.logits[i], 1e-4) << i;
  std::uint64_t kept = 0;
  for (const std::uint32_t count : removed.kept) kept += count;
  EXPECT_LT(kept, ragged.tokens() * static_cast<std::uint64_t>(config.num_hidden_layers));
}

TEST_P(TrainedEmbedder, LearnsTheTeachersVectorsAndIsAtItsGoalThere) {
  const ModelConfig config = ModelConfig::load(directory);
  const TrainingModel model = load(config);
  const Teacher teacher = Teacher::load(directory, config, torch::kCPU);
  const LabelledBatch given = batch(config);
  const ModelOutput taught = teacher.answer(given.inputs);
  const auto distance = [&](const ModelOutput& learnt) {
    return distillation_loss(config, learnt, taught, given.inputs.real, {}).item<double>();
  };
  ModelOutput learnt = model.forward(given.inputs, {});
  EXPECT_NEAR(distance(learnt), 0, 1e-5);
  learnt.head.logits = learnt.head.logits.roll(1, 0);
  EXPECT_GT(distance(learnt), 0.01) << "those of other texts";
}

TEST_P(TrainedEmbedder, IsScoredByTheCosineOfPairs) {
  const ModelConfig config = ModelConfig::load(directory);
  const auto tokenizer = load_tokenizer(directory, config);
  Dataset pairs;
  const Embedder embedder = Embedder::load(directory, {.threads = 1});
  // "films" and "x" are both unknown: pairs that differ in these alone would be alike.
  for (const auto& [first, second] : {std::pair(0, 1), {0, 2}, {0, 3}, {1, 3}}) {
    const std::string& text = dataset.examples[static_cast<std::size_t>(first)].text;
    const std::string& other = dataset.examples[static_cast<std::size_t>(second)].text;
    pairs.examples.push_back({.text = text, .text_pair = other});
    pairs.examples.back().label =
        cosine(embedder.embed({text}).front().values, embedder.embed({other}).front().values);
  }
  const EncodedDataset encoded = encode_compared(pairs, "", *tokenizer, longest_input(config, *tokenizer), 1);
  const std::vector<Metric> metrics = {Metric::spearman, Metric::pearson};
  const EvaluationReport report =
      evaluate_masked(load(config), encoded, metrics, {.compute = {}, .batch_size = 3});
  EXPECT_NEAR(report.chief_score(), 1, 1e-9);
  EXPECT_NEAR(report.scores.at("pearson"), 1, 1e-5);
  EXPECT_EQ(report.examples, 4U);
  EXPECT_FALSE(report.loss);
  pairs.examples[2].text_pair.reset();
  EXPECT_THROW(encode_compared(pairs, "", *tokenizer, 64, 1), UsageError);
}

}  // namespace
}  // namespace transkimmer
