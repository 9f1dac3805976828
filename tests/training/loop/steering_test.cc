// Training towards a share of the dense model's arithmetic: what masks cost, what keeping costs, where the
// threshold goes.

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/cost.h"
#include "support/temporary_directory.h"
#include "training/loop/tiny_training.h"
#include "training/objectives/batching.h"
#include "training/objectives/threshold_calibration.h"
#include "training/runs/budget_setup.h"
#include "training/skimming/compute_price.h"
#include "training/skimming/masked_compute.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

/// Masks [B, S] of two sequences of 5 and 3 tokens, S = 5, from how many of each are kept in each layer.
std::vector<Tensor> prefix_masks(const std::vector<std::vector<std::int64_t>>& kept_by_layer) {
  std::vector<Tensor> masks;
  for (const auto& kept : kept_by_layer) {
    Tensor mask = at::zeros({2, 5});
    for (std::int64_t row = 0; row < 2; ++row)
      mask[row].slice(0, 0, kept[static_cast<std::size_t>(row)]).fill_(1);
    masks.push_back(mask.set_requires_grad(true));
  }
  return masks;
}

Tensor two_sequences() {
  Tensor real = at::ones({2, 5});
  real[1].slice(0, 3).zero_();
  return real;
}

class MaskedCompute : public ::testing::TestWithParam<HeadKind> {
 protected:
  ModelConfig config() const {
    ModelConfig config = tiny_config();
    config.head = GetParam();
    return config;
  }
};

INSTANTIATE_TEST_SUITE_P(Heads, MaskedCompute,
                         ::testing::Values(HeadKind::classification, HeadKind::regression,
                                           HeadKind::question_answering));

TEST_P(MaskedCompute, OfZerosAndOnesIsTheCostOfRemoval) {
  const auto masks = prefix_masks({{4, 3}, {1, 2}});
  const std::vector<std::uint32_t> first = {4, 1}, second = {3, 2};
  const double expected = static_cast<double>(
      (skimmed_cost(config().spec(), 5, first) + skimmed_cost(config().spec(), 3, second)).count);
  const double unit = 1000;
  EXPECT_NEAR(masked_compute(config().spec(), masks, two_sequences(), unit).item<double>() * unit, expected,
              1e-6 * expected);
}

TEST_P(MaskedCompute, OfTheDenseModelIsItsCost) {
  const auto expected =
      static_cast<double>((dense_cost(config().spec(), 5) + dense_cost(config().spec(), 3)).count);
  EXPECT_EQ(dense_compute(config().spec(), two_sequences()), expected);
}

TEST_P(MaskedCompute, GradientOfAMaskIsWhatOneMoreTokenCosts) {
  const auto masks = prefix_masks({{4, 3}, {2, 2}});
  masked_compute(config().spec(), masks, two_sequences(), 1.0).backward();
  const CostCoefficients cost = cost_coefficients(config().spec());
  const auto marginal = [&](double kept) {
    return static_cast<double>(cost.layers[0].per_token) +
           2 * kept * static_cast<double>(cost.layers[0].per_pair);
  };
  const Tensor first = masks[0].grad(), last = masks[1].grad();
  EXPECT_NEAR(first[0][1].item<double>(),
              marginal(4) + static_cast<double>(cost.layers[1].predictor_per_token), 1e-2);
  EXPECT_NEAR(last[1][0].item<double>(), marginal(2), 1e-2);
  EXPECT_EQ(first[1][4].item<double>(), 0) << "padding costs nothing";
}

TEST(ComputePrice, GoalFallsFromAllToTheShareAndStays) {
  const ComputePrice price({.share = 0.25, .ramp = 0.5});
  EXPECT_GT(price.goal(0, 100), 0.95);
  EXPECT_NEAR(price.goal(24, 100), 0.625, 1e-12);
  EXPECT_EQ(price.goal(49, 100), 0.25);
  EXPECT_EQ(price.goal(99, 100), 0.25);
}

TEST(ComputePrice, RisesWhileTooMuchIsComputedAndFallsBelowTheGoal) {
  ComputePrice price({.share = 0.5});
  price.observe(0.7, 0.5);
  const double raised = price.linear();
  EXPECT_GT(raised, 0);
  EXPECT_GT(price.price(0.7, 0.5), price.price(0.5, 0.5)) << "the quadratic term answers at once";
  price.observe(0.3, 0.5);
  EXPECT_LT(price.linear(), raised);
  EXPECT_LT(price.price(0.1, 0.5), 0) << "a model ahead of its goal is held back";
}

/// Predictors that disagree about tokens: random ones, without the bias that keeps all.
TrainingModel opinionated_model(const ModelConfig& config = tiny_config()) {
  TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
  torch::NoGradGuard no_gradients;
  for (const auto& entry : model.parameters().entries()) {
    if (entry.spec.name.ends_with(".predictor.4.bias")) entry.value.zero_();
    if (entry.spec.name.ends_with(".predictor.4.weight")) entry.value.mul_(50);
  }
  return model;
}

class ThresholdCalibration : public ::testing::TestWithParam<double> {};

INSTANTIATE_TEST_SUITE_P(Shares, ThresholdCalibration, ::testing::Values(0.9, 0.6, 0.4));

TEST_P(ThresholdCalibration, KeepsTheBudgetAndWastesLittleOfIt) {
  const EncodedDataset texts = tiny_dataset(200, 5);
  TrainingModel model = opinionated_model();
  const double reached = calibrate_threshold(model, texts, GetParam(), {});
  EXPECT_LE(reached, GetParam());
  EXPECT_GT(reached, GetParam() - 0.05);
  EXPECT_EQ(compute_share(model, texts, {}), reached) << "what it returns is what the model then computes";
}

TEST(ThresholdCalibrationLimits, BelowWhatCanBeReachedSkimsAllThatMayBe) {
  const EncodedDataset texts = tiny_dataset(50, 5);
  TrainingModel model = opinionated_model();
  const double least = least_compute_share(model.config(), texts);
  EXPECT_NEAR(calibrate_threshold(model, texts, least / 2, {}), least, 1e-6);
}

TEST(ThresholdCalibrationLimits, LieLowerWhereNothingIsProtected) {
  const EncodedDataset texts = tiny_dataset(50, 5);
  ModelConfig config = tiny_config();
  const double usual = least_compute_share(config, texts);
  config.skim.protection = SkimProtection::none;
  TrainingModel model = opinionated_model(config);
  const double least = least_compute_share(config, texts);
  EXPECT_LT(least, usual);
  EXPECT_NEAR(calibrate_threshold(model, texts, least / 2, {}), least, 1e-6);
}

TEST(ThresholdCalibrationLimits, AUnreachableBudgetIsRefusedWithTheLowestThatCan) {
  ModelConfig config = tiny_config();
  config.skim.target_compute = 0.01;
  const EncodedDataset texts = tiny_dataset(50, 5);
  try {
    require_reachable(config, texts);
    FAIL() << "expected a UsageError";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("--target-compute 0.01"));
    EXPECT_THAT(error.what(),
                ::testing::HasSubstr(fmt::format("{:.4f}", least_compute_share(config, texts))));
  }
}

class SteeredTraining : public ::testing::Test {
 protected:
  EncodedDataset train = tiny_dataset(160, 1), held_back = tiny_dataset(60, 3), dev = tiny_dataset(60, 2);
  TemporaryDirectory directory;

  static TrainingOptions options() {
    TrainingOptions options;
    options.learning_rate = 3e-3;
    options.num_train_epochs = 10;
    options.train_batch_size = 8;
    options.seed = 7;
    options.adam_epsilon = 1e-8;
    return options;
  }

  /// A dense model that solves the task, from which all runs begin.
  void SetUp() override {
    TrainingOptions dense = options();
    dense.num_train_epochs = 40;
    dense.output_dir = directory / "dense";
    std::filesystem::create_directories(dense.output_dir);
    ModelConfig config = tiny_config();
    config.skim.enabled = false;
    TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
    Trainer trainer(model, {.train = &train, .dev = &dev, .metrics = {Metric::accuracy}}, dense);
    ASSERT_GE(trainer.run().chosen->score, 0.9);
  }

  static ModelConfig config(double share) {
    ModelConfig config = tiny_config();
    config.skim.target_compute = share;
    return config;
  }

  struct Outcome {
    TrainingResult result;
    Tensor weights;
  };
  Outcome run(const TrainingOptions& options, double share, std::int64_t stop_after = 0,
              const std::filesystem::path& resume_from = {}) const {
    TrainingModel model = TrainingModel::load(directory / "dense", config(share), {.seed = 3}, {});
    std::int64_t step = 0;
    TrainingEvents events;
    events.on_step = [&](const ProgressReport& report) { step = report.step; };
    if (stop_after > 0) events.should_stop = [&] { return step >= stop_after; };
    Trainer trainer(model,
                    {.train = &train, .held_back = &held_back, .dev = &dev, .metrics = {Metric::accuracy}},
                    options, events);
    if (!resume_from.empty()) trainer.resume(resume_from);
    TrainingResult result = trainer.run();
    return {std::move(result), all_weights(model)};
  }
};

TEST_F(SteeredTraining, EndsWithinTheBudgetAndLearnsTheTask) {
  for (const double share : {0.75, 0.5}) {
    const Outcome outcome = run(options(), share);
    ASSERT_TRUE(outcome.result.chosen.has_value());
    EXPECT_LE(outcome.result.chosen->compute_share, 1.05 * share);
    EXPECT_GE(outcome.result.chosen->score, 0.9) << "at " << share;
  }
}

TEST_F(SteeredTraining, TheSavedModelHasTheThresholdThatKeepsTheBudget) {
  TrainingOptions saving = options();
  saving.output_dir = directory / "out";
  std::filesystem::create_directories(saving.output_dir);
  run(saving, 0.5);
  const LoadedModel saved = load_model(saving.output_dir);
  EXPECT_EQ(saved.model.config().skim.target_compute, 0.5);
  EXPECT_LE(compute_share(saved.model, held_back, {}), 0.5);
}

TEST_F(SteeredTraining, ResumingEqualsTheUninterruptedRunBitForBit) {
  TrainingOptions whole = options(), cut = options();
  whole.num_train_epochs = cut.num_train_epochs = 2;
  whole.output_dir = directory / "whole";
  cut.output_dir = directory / "cut";
  for (const auto& each : {whole, cut}) std::filesystem::create_directories(each.output_dir);
  const Outcome expected = run(whole, 0.5);
  const Outcome first = run(cut, 0.5, 13);
  ASSERT_FALSE(first.result.finished);
  const Outcome second = run(cut, 0.5, 0, first.result.checkpoint);
  EXPECT_TRUE(at::equal(second.weights, expected.weights));
  EXPECT_EQ(second.result.log_history, expected.result.log_history);
}

TEST_F(SteeredTraining, AnotherBudgetCannotGoOnFromACheckpoint) {
  TrainingOptions cut = options();
  cut.output_dir = directory / "cut";
  std::filesystem::create_directories(cut.output_dir);
  const Outcome first = run(cut, 0.5, 5);
  EXPECT_THROW(run(cut, 0.25, 0, first.result.checkpoint), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
