#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "training/loop/tiny_training.h"
#include "training/loop/trainer.h"
#include "training/runs/pretraining_text.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

TrainingOptions pretraining_options() {
  TrainingOptions options;
  options.learning_rate = 1e-2;
  options.weight_decay = 0.01;
  options.adam_beta2 = 0.98;
  options.warmup_ratio = 0.1;
  options.num_train_epochs = 2;
  options.train_batch_size = 8;
  options.gradient_accumulation_steps = 2;
  options.seed = 7;
  options.logging_steps = 3;
  options.eval_steps = 4;
  return options;
}

ModelConfig pretraining_config() {
  ModelConfig config = tiny_config();
  config.head = HeadKind::masked_lm;
  config.labels.clear();
  return config;
}

ModelConfig dense_config() {
  ModelConfig config = pretraining_config();
  config.skim = {};
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0;
  return config;
}

struct Outcome {
  TrainingResult result;
  Tensor weights;
  std::vector<ProgressReport> steps;

  std::vector<double> losses() const {
    std::vector<double> all;
    for (const ProgressReport& step : steps) all.push_back(step.loss);
    return all;
  }
};

class PretrainingTest : public ::testing::Test {
 protected:
  Outcome run(const TrainingOptions& options, const ModelConfig& config, std::int64_t stop_after = 0,
              const std::filesystem::path& resume_from = {}) const {
    if (!options.output_dir.empty()) std::filesystem::create_directories(options.output_dir);
    Outcome outcome;
    TrainingModel model = TrainingModel::from_scratch(config, {.seed = 3});
    TrainingEvents events;
    events.on_step = [&](const ProgressReport& report) { outcome.steps.push_back(report); };
    if (stop_after > 0) events.should_stop = [&] { return outcome.steps.back().step >= stop_after; };
    Trainer trainer(model, std::make_unique<MaskedLmObjective>(text.data(), config, options), options,
                    events);
    if (!resume_from.empty()) trainer.resume(resume_from);
    outcome.result = trainer.run();
    outcome.weights = all_weights(model);
    return outcome;
  }

  MaskedLmObjective objective() const { return {text.data(), pretraining_config(), pretraining_options()}; }

  PretrainingText text;
  TemporaryDirectory directory;
};

double last_value(const TrainingResult& result, const std::string& wanted) {
  double last = -1;
  for (const LogEntry& entry : result.log_history) {
    for (const auto& [name, value] : entry) last = name == wanted ? value : last;
  }
  return last;
}

TEST_F(PretrainingTest, LearnsToTellAHiddenWordFromItsNeighbours) {
  TrainingOptions options = pretraining_options();
  options.learning_rate = 3e-3;
  options.num_train_epochs = 200;
  options.eval_steps = 300;
  const Outcome outcome = run(options, dense_config());
  // 34 tokens are about equally frequent.
  EXPECT_LT(last_value(outcome.result, "eval_perplexity"), 20);
}

TEST_F(PretrainingTest, CutAtAnyStepAndResumedItIsTheSameRunBitForBit) {
  TrainingOptions options = pretraining_options();
  options.output_dir = directory / "whole";
  const Outcome whole = run(options, pretraining_config());  // skims, and drops out
  ASSERT_TRUE(whole.result.finished);
  const auto steps = static_cast<std::int64_t>(whole.steps.size());
  ASSERT_GE(steps, 8);
  // The first step, the middle of an epoch, the end of one, the last but one.
  for (const std::int64_t cut : {std::int64_t{1}, steps / 4, steps / 2, steps - 1}) {
    options.output_dir = directory / std::to_string(cut);
    const Outcome first = run(options, pretraining_config(), cut);
    ASSERT_EQ(first.result.steps, cut);
    const Outcome second = run(options, pretraining_config(), 0, first.result.checkpoint);
    std::vector<double> losses = first.losses();
    const std::vector<double> rest = second.losses();
    losses.insert(losses.end(), rest.begin(), rest.end());
    EXPECT_EQ(losses, whole.losses()) << cut;
    EXPECT_EQ(second.result.log_history, whole.result.log_history) << cut;
    EXPECT_TRUE(at::equal(second.weights, whole.weights)) << cut;
    EXPECT_EQ(second.steps.back().tokens_seen, whole.steps.back().tokens_seen);
  }
}

TEST_F(PretrainingTest, ResumingWithOtherMaskingOrCuttingIsRefusedByName) {
  TrainingOptions options = pretraining_options();
  options.output_dir = directory / "out";
  const auto checkpoint = run(options, dense_config(), 2).result.checkpoint;
  const auto resume = [&](const MaskedLmData& data) -> std::string {
    TrainingModel model = TrainingModel::from_scratch(dense_config(), {.seed = 3});
    Trainer trainer(model, std::make_unique<MaskedLmObjective>(data, dense_config(), options), options);
    try {
      trainer.resume(checkpoint);
      return "resumed";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(resume(text.data()), "resumed");
  MaskedLmData other = text.data();
  other.masking.probability = 0.3;
  EXPECT_NE(resume(other).find("mask-probability"), std::string::npos) << resume(other);
  other = text.data();
  other.blocks.long_fraction = 0.1;
  EXPECT_NE(resume(other).find("long-block-fraction"), std::string::npos) << resume(other);
}

TEST_F(PretrainingTest, TheSkimLossIsAdded) {
  const Outcome outcome = run(pretraining_options(), pretraining_config());
  for (const ProgressReport& step : outcome.steps) {
    EXPECT_GT(step.skim_loss, 0);
    EXPECT_NEAR(step.loss, step.task_loss + pretraining_config().skim.coefficient * step.skim_loss, 1e-5);
  }
  EXPECT_GE(last_value(outcome.result, "eval_kept_fraction"), 0);
}

TEST_F(PretrainingTest, AccumulatedMicroBatchesWeighByWhatTheyPredict) {
  TrainingOptions options = pretraining_options();
  options.warmup_ratio = 0;
  options.max_grad_norm = 0;
  options.gradient_accumulation_steps = 1000;  // all of a pass is one step
  options.num_train_epochs = 1;
  options.train_batch_size = 4;
  const Outcome outcome = run(options, dense_config());
  ASSERT_EQ(outcome.steps.size(), 1U);
  MaskedLmObjective same(text.data(), dense_config(), options);
  const TrainingModel model = TrainingModel::from_scratch(dense_config(), {.seed = 3});
  double loss = 0, predictions = 0;
  for (std::int64_t i = 0; i < same.micro_batches_per_epoch(); ++i) {
    const LabelledBatch batch = same.micro_batch(0, i);
    const Tensor logits = model.forward(batch.inputs, {}).head.logits;
    loss += at::cross_entropy_loss(logits, batch.targets.tokens, {}, at::Reduction::Sum).item<double>();
    predictions += static_cast<double>(batch.predictions);
  }
  EXPECT_NEAR(outcome.steps[0].loss, loss / predictions, 1e-5);
}

TEST_F(PretrainingTest, MicroBatchesAreAFunctionOfPassAndIndex) {
  MaskedLmObjective one = objective(), two = objective();
  two.micro_batch(3, 0);
  for (std::int64_t i = 0; i < one.micro_batches_per_epoch(); ++i) {
    EXPECT_TRUE(at::equal(one.micro_batch(0, i).inputs.ids, two.micro_batch(0, i).inputs.ids));
  }
}

/// All sequences of a pass as they were before hiding, and which of their tokens were hidden.
struct Pass {
  std::vector<std::vector<std::int64_t>> sequences;
  std::vector<std::vector<std::int64_t>> hidden;
};

Pass pass_of(MaskedLmObjective& objective, std::int64_t epoch) {
  Pass pass;
  for (std::int64_t i = 0; i < objective.micro_batches_per_epoch(); ++i) {
    const LabelledBatch batch = objective.micro_batch(epoch, i);
    const Tensor whole = batch.inputs.ids.flatten().clone();
    whole.index_copy_(0, batch.inputs.predicted, batch.targets.tokens);
    const Tensor chosen = at::zeros_like(whole);
    chosen.index_fill_(0, batch.inputs.predicted, 1);
    const std::int64_t length = batch.inputs.ids.size(1);
    for (std::int64_t row = 0; row < batch.inputs.ids.size(0); ++row) {
      const auto part = [&](const Tensor& tensor) {
        const std::int64_t* begin = tensor.data_ptr<std::int64_t>() + row * length;
        return std::vector<std::int64_t>(begin, begin + length);
      };
      pass.sequences.push_back(part(whole));
      pass.hidden.push_back(part(chosen));
    }
  }
  return pass;
}

TEST_F(PretrainingTest, EveryPassCutsAndHidesAnew) {
  MaskedLmObjective one = objective();
  const Pass first = pass_of(one, 0), second = pass_of(one, 1);
  EXPECT_EQ(first.sequences.size(), second.sequences.size());
  EXPECT_NE(first.sequences, second.sequences);
  EXPECT_NE(first.hidden, second.hidden);
}

TEST_F(PretrainingTest, SequencesAreFullAndBeginAndEndWithSpecialTokens) {
  MaskedLmObjective one = objective();
  const Pass pass = pass_of(one, 0);
  std::size_t longer = 0;
  for (const auto& sequence : pass.sequences) {
    ASSERT_TRUE(sequence.size() == 12 || sequence.size() == 24);
    longer += sequence.size() == 24 ? 1 : 0;
    EXPECT_EQ(sequence.front(), 2);
    EXPECT_EQ(sequence.back(), 3);
    EXPECT_EQ(std::count(sequence.begin(), sequence.end(), 0), 0) << "padding";
    EXPECT_EQ(std::count(sequence.begin(), sequence.end(), 2), 1) << "one [CLS]";
  }
  EXPECT_GT(longer, 0U);
}

TEST_F(PretrainingTest, EvaluationsAreAlikeWhateverTheSeed) {
  const TrainingModel model = TrainingModel::from_scratch(dense_config(), {.seed = 3});
  TrainingOptions other = pretraining_options();
  other.seed = 99;
  other.eval_batch_size = 3;
  const double one =
      MaskedLmObjective(text.data(), dense_config(), pretraining_options()).evaluate(model).loss.value();
  const double two = MaskedLmObjective(text.data(), dense_config(), other).evaluate(model).loss.value();
  EXPECT_NEAR(one, two, 1e-5);
}

TEST(HeldOut, IsTheShareAskedForAndGrowsWithIt) {
  double chosen = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    chosen += is_held_out(i, 0.05) ? 1 : 0;
    EXPECT_FALSE(is_held_out(i, 0.0));
    EXPECT_TRUE(!is_held_out(i, 0.01) || is_held_out(i, 0.05));
  }
  EXPECT_NEAR(chosen / 100'000, 0.05, 0.004);
}

TEST_F(PretrainingTest, NothingHeldOutIsNothingEvaluated) {
  MaskedLmData data = text.data();
  data.held_out_fraction = 0;
  TrainingModel model = TrainingModel::from_scratch(dense_config(), {.seed = 3});
  TrainingOptions options = pretraining_options();
  options.max_steps = 4;
  Trainer trainer(model, std::make_unique<MaskedLmObjective>(data, dense_config(), options), options);
  EXPECT_EQ(last_value(trainer.run(), "eval_perplexity"), -1);
}

TEST_F(PretrainingTest, FineTuningTakesTheEncoderAndSaysOnceThatTheHeadIsNew) {
  TrainingOptions options = pretraining_options();
  options.max_steps = 3;
  options.output_dir = directory / "pretrained";
  const Outcome outcome = run(options, dense_config());
  ModelConfig config = tiny_config();
  config.skim = {};
  const LoadedModel loaded = load_model(options.output_dir, config);
  ASSERT_EQ(loaded.notices.size(), 1U);
  EXPECT_NE(loaded.notices[0].find("the task head starts from fresh weights"), std::string::npos);
  TrainingModel again = TrainingModel::from_scratch(dense_config(), {.seed = 99});
  again.restore(options.output_dir);
  EXPECT_TRUE(at::equal(all_weights(again), outcome.weights));
  for (const auto& entry : again.parameters().entries()) {
    if (entry.spec.group != WeightGroup::encoder) continue;
    EXPECT_TRUE(at::equal(entry.value, loaded.model.parameters().at(entry.spec.name))) << entry.spec.name;
  }
}

}  // namespace
}  // namespace transkimmer::test
