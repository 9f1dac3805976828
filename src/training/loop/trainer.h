#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model_files/tokenizers/tokenizer_files.h"
#include "training/loop/checkpoint.h"
#include "training/network/model.h"
#include "training/objectives/finetuning_objective.h"
#include "training/objectives/objective.h"
#include "training/objectives/step_loss.h"
#include "training/objectives/training_options.h"
#include "training/optimizer/optimizer.h"

namespace transkimmer {

/// Throws UsageError that names the option which is out of range.
void check_training_options(const TrainingOptions& options);

/// Trains a model for an objective. Everything that happens is a function of (options, data, weights): the
/// same run twice, or a run cut and resumed, gives the same numbers on the same machine with the same number
/// of threads.
class Trainer {
 public:
  /// `model` must outlive the trainer. Throws UsageError for options out of range.
  Trainer(TrainingModel& model, std::unique_ptr<TrainingObjective> objective, TrainingOptions options,
          TrainingEvents events = {}, std::optional<Teacher> teacher = {});
  /// Fine-tunes on `data`. Throws UsageError also for an empty training set.
  Trainer(TrainingModel& model, TrainingData data, TrainingOptions options, TrainingEvents events = {},
          std::optional<Teacher> teacher = {});

  /// Continues the run that wrote this checkpoint-STEP folder. Throws UsageError naming the option when one
  /// that determines the curve differs from that run's; IoError, FormatError.
  void resume(const std::filesystem::path& checkpoint);

  /// Trains to the end, or until should_stop.
  TrainingResult run();

  std::int64_t total_steps() const { return state_.max_steps; }
  std::int64_t steps_per_epoch() const { return state_.steps_per_epoch; }
  /// Steps done, those of a resumed run included.
  std::int64_t step() const { return state_.global_step; }
  const std::string& chief_metric() const { return state_.chief_metric; }

 private:
  std::vector<LabelledBatch> micro_batches(std::int64_t step);
  StepOutcome train_step(std::int64_t step);
  LossWeights loss_weights(std::int64_t step) const;
  /// Returns the gradients' norm before it.
  double clip() const;
  void after_step(const StepOutcome& outcome);
  ProgressReport progress(const StepOutcome& mean) const;
  void log_means();
  void evaluate();
  void evaluate_at_threshold();
  /// Calls `work` with the threshold at which the model keeps its budget on held-back texts, where it has
  /// one.
  void within_budget(const std::function<void()>& work);
  bool choose(const EvaluationReport& report);
  void save_model();
  bool keeps_checkpoints() const { return !options_.output_dir.empty() && options_.save_total_limit > 0; }
  void write_checkpoint();
  void stop_if_out_of_patience();
  void save_state();

  TrainingModel& model_;
  TrainingOptions options_;
  std::unique_ptr<TrainingObjective> objective_;
  TrainingEvents events_;
  StepLoss loss_;
  std::optional<ComputePrice> price_;  ///< where a share of the dense arithmetic is the goal
  double perfect_score_ = 1;           ///< of the chief score
  AdamW optimizer_;
  std::optional<TokenizerFiles> tokenizer_;  ///< read at the start: the run may outlive the directory
  TrainerState state_;
  std::int64_t warmup_steps_ = 0;
  std::int64_t saved_at_ = -1;
  std::filesystem::path checkpoint_;
  // Of this process, for the speeds that are reported.
  std::chrono::steady_clock::time_point started_;
  double training_seconds_ = 0;
  std::size_t examples_ = 0, tokens_ = 0;
  std::int64_t steps_run_ = 0;
};

}  // namespace transkimmer
