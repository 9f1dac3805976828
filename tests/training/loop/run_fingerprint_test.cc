#include "training/loop/run_fingerprint.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "training/loop/tiny_training.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

std::string refusal(const std::map<std::string, std::string>& run,
                    const std::map<std::string, std::string>& stored) {
  try {
    require_same_run(run, stored, "checkpoint-3");
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

TEST(RunFingerprint, CheckpointsFromBeforeBudgetsAndTeachersGoOnAsPublished) {
  const auto run = run_fingerprint({}, tiny_config(), nullptr);
  auto stored = run;
  for (const char* option :
       {"target-compute", "gate-noise", "optim", "removal-delay", "teacher", "distillation"})
    stored.erase(option);
  EXPECT_EQ(refusal(run, stored), "");
  EXPECT_EQ(run.at("skim-warmup-ratio"), "0") << "as it was written before it could be left open";
}

TEST(RunFingerprint, AnEmbedderGoesOnWithItsOwnHead) {
  ModelConfig embedder = tiny_config();
  embedder.head = HeadKind::embedding;
  embedder.sentence_head = {.kind = HeadKind::embedding,
                            .reads = Reads::pooled,
                            .steps = {{.name = "2_Dense.linear", .out = 8}},
                            .pooling = {Pooling::mean}};
  const std::string before = architecture_text(embedder);
  ModelConfig other = embedder;
  other.sentence_head.pooling = {Pooling::max};
  EXPECT_NE(architecture_text(other), before);
  other = embedder;
  other.sentence_head.steps.front().activation = Activation::tanh;
  EXPECT_NE(architecture_text(other), before);
  other = embedder;
  other.sentence_head.normalize = true;
  EXPECT_NE(architecture_text(other), before);
  EXPECT_EQ(architecture_text(embedder), before);
}

TEST(RunFingerprint, ABudgetCannotBeTakenUpOrGivenUp) {
  ModelConfig steered = tiny_config();
  steered.skim.target_compute = 0.5;
  const auto with = run_fingerprint({}, steered, nullptr),
             without = run_fingerprint({}, tiny_config(), nullptr);
  EXPECT_THAT(refusal(with, without),
              ::testing::StartsWith("checkpoint-3: this run had gate-noise 1, not 0"));
  EXPECT_NE(refusal(without, with), "");
}

TEST(RunFingerprint, ARunGoesOnWithTheDelayOfItsRemovals) {
  ModelConfig steered = tiny_config();
  steered.skim.target_compute = 0.5;
  steered.num_hidden_layers = 3;
  TrainingOptions later;
  later.removal_delay = 2;
  const auto usual = run_fingerprint({}, steered, nullptr), two = run_fingerprint(later, steered, nullptr);
  EXPECT_EQ(
      refusal(usual, two),
      "checkpoint-3: this run had removal-delay 2, not 1; a resumed run must go on with the same options");
  later.removal_delay = 1000;
  auto stored = run_fingerprint(later, steered, nullptr);
  EXPECT_EQ(stored.at("removal-delay"), "every layer");
  stored.erase("removal-delay");
  EXPECT_EQ(refusal(run_fingerprint(later, steered, nullptr), stored), "") << "there were no removals before";
}

TEST(RunFingerprint, TellsTeachersApartByTheirWeights) {
  TemporaryDirectory directory;
  ModelConfig dense = tiny_config();
  dense.skim.enabled = false;
  std::vector<std::string> texts;
  for (const std::uint64_t seed : {1, 1, 2}) {
    const std::filesystem::path path = directory / std::to_string(texts.size());
    std::filesystem::create_directory(path);
    TrainingModel::from_scratch(dense, {.seed = seed}).save(path);
    const Teacher teacher = Teacher::load(path, tiny_config(), torch::kCPU);
    texts.push_back(run_fingerprint({}, tiny_config(), &teacher).at("teacher"));
  }
  EXPECT_EQ(texts[0], texts[1]);
  EXPECT_NE(texts[0], texts[2]);
}

}  // namespace
}  // namespace transkimmer::test
