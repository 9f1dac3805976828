#include "training/loop/trainer.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "training/loop/tiny_training.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

TrainingOptions tiny_options() {
  TrainingOptions options;
  options.learning_rate = 3e-3;
  options.weight_decay = 0.01;
  options.warmup_ratio = 0.1;
  options.num_train_epochs = 2;
  options.train_batch_size = 8;
  options.seed = 7;
  options.logging_steps = 3;
  return options;
}

struct Outcome {
  TrainingResult result;
  Tensor weights;
  std::vector<double> losses;  ///< of every step
  std::vector<double> kept;    ///< fraction of tokens, of every step
};

class TrainerTest : public ::testing::Test {
 protected:
  EncodedDataset train = tiny_dataset(61, 1);
  EncodedDataset dev = tiny_dataset(20, 2);
  TemporaryDirectory directory;

  TrainingData data() const { return {.train = &train, .dev = &dev, .metrics = {Metric::accuracy}}; }

  Outcome run(const TrainingOptions& options, std::int64_t stop_after = 0,
              const std::filesystem::path& resume_from = {},
              const ModelConfig& config = tiny_config()) const {
    Outcome outcome;
    TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
    std::int64_t step = 0;
    TrainingEvents events;
    events.on_step = [&](const ProgressReport& report) {
      step = report.step;
      outcome.losses.push_back(report.loss);
      outcome.kept.push_back(report.kept_fraction);
    };
    if (stop_after > 0) events.should_stop = [&] { return step >= stop_after; };
    Trainer trainer(model, data(), options, events);
    if (!resume_from.empty()) trainer.resume(resume_from);
    outcome.result = trainer.run();
    outcome.weights = all_weights(model);
    return outcome;
  }
};

TEST_F(TrainerTest, SameSeedGivesTheSameWeightsBitForBit) {
  EXPECT_TRUE(at::equal(run(tiny_options()).weights, run(tiny_options()).weights));
}

TEST_F(TrainerTest, AnotherSeedGivesOtherWeights) {
  TrainingOptions other = tiny_options();
  other.seed = 8;
  EXPECT_FALSE(at::equal(run(tiny_options()).weights, run(other).weights));
}

TEST_F(TrainerTest, LearnsATaskThatOneTokenDecides) {
  TrainingOptions options = tiny_options();
  options.num_train_epochs = 40;
  const Outcome outcome = run(options);
  ASSERT_TRUE(outcome.result.chosen.has_value());
  EXPECT_GE(outcome.result.chosen->score, 0.9);
  EXPECT_LT(outcome.result.chosen->kept_fraction, 0.9);
}

TEST_F(TrainerTest, LosingTheProcessAndResumingEqualsTheUninterruptedRunBitForBit) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory / "whole";
  std::filesystem::create_directories(options.output_dir);
  const Outcome whole = run(options);
  ASSERT_TRUE(whole.result.finished);
  // In the middle of an epoch and between two log entries.
  constexpr std::int64_t kCut = 10;
  options.output_dir = directory / "cut";
  std::filesystem::create_directories(options.output_dir);
  const Outcome first = run(options, kCut);
  ASSERT_FALSE(first.result.finished);
  ASSERT_EQ(first.result.steps, kCut);
  ASSERT_EQ(first.result.checkpoint, options.output_dir / "checkpoint-10");
  const Outcome second = run(options, 0, first.result.checkpoint);
  ASSERT_TRUE(second.result.finished);
  std::vector<double> losses = first.losses;
  losses.insert(losses.end(), second.losses.begin(), second.losses.end());
  EXPECT_EQ(losses, whole.losses);
  EXPECT_EQ(second.result.log_history, whole.result.log_history);
  EXPECT_TRUE(at::equal(second.weights, whole.weights));
  EXPECT_EQ(second.result.chosen->step, whole.result.chosen->step);
}

TEST_F(TrainerTest, ARunThatIsLostDuringAnEvaluationGoesOnWithThatEvaluation) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory / "whole";
  std::filesystem::create_directories(options.output_dir);
  const Outcome whole = run(options);
  options.output_dir = directory / "cut";
  std::filesystem::create_directories(options.output_dir);
  // Between the last checkpoint and the evaluation that follows it.
  std::size_t checkpoints = 0;
  TrainingEvents events;
  events.on_checkpoint = [&](const std::filesystem::path&) {
    if (++checkpoints == 2) throw std::runtime_error("out of memory");
  };
  TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 3});
  Trainer trainer(model, data(), options, events);
  EXPECT_THROW(trainer.run(), std::runtime_error);
  const auto checkpoint = latest_checkpoint(options.output_dir);
  ASSERT_TRUE(checkpoint.has_value());
  const Outcome second = run(options, 0, *checkpoint);
  EXPECT_TRUE(second.losses.empty()) << "no step was lost";
  EXPECT_EQ(second.result.log_history, whole.result.log_history);
  EXPECT_EQ(second.result.chosen->step, whole.result.chosen->step);
  EXPECT_TRUE(at::equal(second.weights, whole.weights));
}

TEST_F(TrainerTest, ResumingWithAnotherLearningRateIsRefusedByName) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory.path();
  const Outcome first = run(options, 4);
  options.learning_rate = 1e-4;
  try {
    run(options, 0, first.result.checkpoint);
    FAIL() << "resumed";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("learning-rate"), std::string::npos) << error.what();
  }
}

TEST_F(TrainerTest, ResumingWithOtherDataOrAnotherDropoutIsRefusedByName) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory.path();
  const Outcome first = run(options, 4);
  const auto refusal = [&](const ModelConfig& config) -> std::string {
    try {
      run(options, 0, first.result.checkpoint, config);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "resumed";
  };
  ModelConfig config = tiny_config();
  config.hidden_dropout_prob = 0.3;
  EXPECT_THAT(refusal(config), ::testing::HasSubstr("hidden_dropout_prob"));
  config = tiny_config();
  config.skim.predictor_size = 16;
  EXPECT_THAT(refusal(config), ::testing::HasSubstr("skim-predictor-size"));
  dev.labels.front() = 1 - dev.labels.front();
  EXPECT_THAT(refusal(tiny_config()), ::testing::HasSubstr("validation data"));
}

TEST_F(TrainerTest, ResumingAsAnotherModelOfTheSameShapesIsRefused) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory.path();
  const Outcome first = run(options, 4);
  ModelConfig config = tiny_config();
  config.num_attention_heads *= 2;
  try {
    run(options, 0, first.result.checkpoint, config);
    FAIL() << "resumed";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("this run had model bert"));
  }
}

TEST_F(TrainerTest, TheTokenizerIsSavedThoughItsDirectoryIsGoneByThen) {
  std::filesystem::create_directory(directory / "encoder");
  std::ofstream(directory / "encoder/vocab.txt") << "[PAD]\n";
  TrainingOptions options = tiny_options();
  options.output_dir = directory / "out";
  options.tokenizer_source = directory / "encoder";
  std::filesystem::create_directory(options.output_dir);
  TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 3});
  Trainer trainer(model, data(), options);
  std::filesystem::remove_all(directory / "encoder");
  EXPECT_TRUE(trainer.run().finished);
  EXPECT_TRUE(std::filesystem::exists(options.output_dir / "vocab.txt"));
  EXPECT_TRUE(std::filesystem::exists(options.output_dir / "checkpoint-16/vocab.txt"));
}

TEST_F(TrainerTest, WhatAKilledProcessLeftHalfWrittenGoesWithTheNextCheckpoint) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory.path();
  std::filesystem::create_directory(directory / "checkpoint-5.partial");
  run(options);
  EXPECT_FALSE(std::filesystem::exists(directory / "checkpoint-5.partial"));
}

TEST_F(TrainerTest, StepsBeyondCountingAreRefused) {
  TrainingOptions options = tiny_options();
  options.gradient_accumulation_steps = SIZE_MAX / 2;
  EXPECT_THROW(run(options), UsageError);
  options = tiny_options();
  options.num_train_epochs = 1e30;
  EXPECT_THROW(run(options), UsageError);
}

TEST_F(TrainerTest, KeepsOnlyTheNewestCheckpoints) {
  TrainingOptions options = tiny_options();
  options.output_dir = directory.path();
  options.save_steps = 3;
  options.save_total_limit = 2;
  run(options);
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
    folders += entry.is_directory() ? 1 : 0;
  EXPECT_EQ(folders, 2u);
  EXPECT_EQ(latest_checkpoint(directory.path()), directory / "checkpoint-16");
  EXPECT_TRUE(std::filesystem::exists(directory / "model.safetensors"));
  EXPECT_TRUE(std::filesystem::exists(directory / "trainer_state.json"));
}

TEST_F(TrainerTest, AccumulatedMicroBatchesEqualOneBigBatch) {
  ModelConfig config = tiny_config();
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = config.classifier_dropout = 0;
  config.skim = {};  // the decisions' noise is drawn per micro-batch and would differ
  TrainingOptions big = tiny_options();
  big.warmup_ratio = 0;
  big.max_grad_norm = 0;
  big.adam_epsilon = 1e-2;  // so that an update is proportional to its gradient and not only to the sign
  big.train_batch_size = 22;
  TrainingOptions small = big;
  small.train_batch_size = 4;
  small.gradient_accumulation_steps = 6;
  // 22 examples: micro-batches of 4 and a last one of 2, which must weigh less.
  train = tiny_dataset(22, 5);
  const Outcome one = run(big, 0, {}, config);
  const Outcome six = run(small, 0, {}, config);
  ASSERT_EQ(one.losses.size(), 2u);
  ASSERT_EQ(six.losses.size(), 2u);
  EXPECT_NEAR(one.losses[0], six.losses[0], 1e-6);
  EXPECT_NEAR(one.losses[1], six.losses[1], 1e-6);
  EXPECT_TRUE(at::allclose(one.weights, six.weights, 1e-4, 1e-6));
}

TEST_F(TrainerTest, TheLastPartialGroupOfAnEpochIsAStepOfItsOwn) {
  TrainingOptions options = tiny_options();
  options.gradient_accumulation_steps = 3;
  // 61 examples make 8 micro-batches: groups of 3, 3 and 2.
  EXPECT_EQ(run(options).losses.size(), 6u);
}

TEST_F(TrainerTest, WithoutSkimmingEverythingIsKept) {
  ModelConfig config = tiny_config();
  config.skim = {};
  const Outcome outcome = run(tiny_options(), 0, {}, config);
  EXPECT_EQ(outcome.result.chosen->kept_fraction, 1.0);
  for (const double kept : outcome.kept) EXPECT_DOUBLE_EQ(kept, 1.0);
}

TEST_F(TrainerTest, LogHistoryHasTrainingAndEvaluationEntries) {
  const TrainingResult result = run(tiny_options()).result;
  std::size_t training = 0, evaluations = 0;
  for (const LogEntry& entry : result.log_history) {
    for (const auto& [name, value] : entry) {
      training += name == "loss" ? 1 : 0;
      evaluations += name == "eval_accuracy" ? 1 : 0;
    }
  }
  EXPECT_EQ(training, 6u);  // 16 steps: every third, and the last
  EXPECT_EQ(evaluations, 2u);
}

TEST_F(TrainerTest, TheMetricThatIsNamedChoosesTheWeights) {
  TrainingOptions options = tiny_options();
  options.num_train_epochs = 6;
  options.metric_for_best_model = "eval_f1";
  ModelConfig config = tiny_config();
  config.skim = {};
  TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
  Trainer trainer(model, {.train = &train, .dev = &dev, .metrics = {Metric::accuracy, Metric::f1}}, options);
  EXPECT_EQ(trainer.chief_metric(), "f1");
  const TrainingResult result = trainer.run();
  std::vector<double> f1;
  for (const LogEntry& entry : result.log_history) {
    for (const auto& [name, value] : entry)
      if (name == "eval_f1") f1.push_back(value);
  }
  ASSERT_EQ(f1.size(), 6u);
  EXPECT_EQ(result.chosen->score, *std::max_element(f1.begin(), f1.end()));
}

TEST_F(TrainerTest, AMetricThatIsNotEvaluatedIsRefusedAndTheOthersNamed) {
  TrainingOptions options = tiny_options();
  options.metric_for_best_model = "loss";
  TrainingModel model = TrainingModel::from_scratch(tiny_config(), {});
  const auto refusal = [&](const TrainingData& of) -> std::string {
    try {
      Trainer(model, of, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal({.train = &train, .dev = &dev, .metrics = {Metric::accuracy, Metric::f1}}),
            "--metric-for-best-model is 'loss', expected one of accuracy, f1");
  EXPECT_THAT(refusal({.train = &train, .metrics = {}}), ::testing::HasSubstr("needs validation data"));
}

TEST_F(TrainerTest, AnEmptyTrainingSetIsRefused) {
  TrainingModel model = TrainingModel::from_scratch(tiny_config(), {});
  const EncodedDataset empty;
  EXPECT_THROW(Trainer(model, {.train = &empty, .metrics = {}}, tiny_options()), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
