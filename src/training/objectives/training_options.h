#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/notice.h"
#include "datasets/sample.h"
#include "training/objectives/distillation.h"
#include "training/objectives/masked_evaluation.h"
#include "training/optimizer/optimizer.h"

namespace transkimmer {

/// The hyper-parameters of a run, in the words of Hugging Face's scripts. Those of skimming (coefficient,
/// temperature, semantics) belong to the model's configuration.
struct TrainingOptions {
  double learning_rate = 2e-5;
  std::optional<double> predictor_learning_rate;  ///< unset: learning_rate
  double weight_decay = 0.0;
  double adam_beta1 = 0.9;
  double adam_beta2 = 0.999;
  double adam_epsilon = 1e-6;
  AdamWForm optim = AdamWForm::hf;
  double warmup_ratio = 0.0;
  double max_grad_norm = 1.0;              ///< 0: no clipping
  std::optional<double> num_train_epochs;  ///< unset: 3, or as many as make 600 steps, up to 20
  std::int64_t max_steps = 0;              ///< > 0: overrides num_train_epochs
  std::size_t train_batch_size = 32;
  std::size_t eval_batch_size = 64;
  std::size_t gradient_accumulation_steps = 1;
  /// Over this share of the steps the skim coefficient grows linearly from 0 (unset: it is constant, as
  /// published), or the goal of config.skim.target_compute falls from 1 (unset: as ComputeTarget has it).
  std::optional<double> skim_warmup_ratio;
  /// Factor of the noise in the decisions; unset: 1 as published, 0 where a share of the arithmetic is the
  /// goal.
  std::optional<double> gate_noise;
  /// Towards a share of the arithmetic, on the CPU: a skimmed token is computed for so many layers more; see
  /// ForwardOptions. Unset: one.
  std::optional<std::int64_t> removal_delay;
  DistillationOptions distillation;  ///< of runs that have a teacher
  std::uint64_t seed = kUsualSeed;
  std::int64_t logging_steps = 50;
  std::int64_t eval_steps = 0;       ///< 0: after every epoch
  std::int64_t save_steps = 0;       ///< 0: whenever it evaluates
  std::size_t save_total_limit = 1;  ///< 0: no checkpoints
  /// The score of the validation data that chooses the weights; empty: the task's first metric.
  std::string metric_for_best_model;
  /// When skimming, an evaluation whose chief metric is this close to the best seen wins if it keeps fewer
  /// tokens: otherwise the first epochs, before skimming sets in, would be chosen.
  double best_tolerance = 0.005;
  ComputeSettings compute;
  std::filesystem::path output_dir;        ///< empty: nothing is written
  std::filesystem::path tokenizer_source;  ///< directory whose tokenizer files, read at the start, go with
                                           ///< every saved model; may be empty
};

/// Means over the steps since the last report.
struct ProgressReport {
  std::int64_t step = 0;
  std::int64_t total_steps = 0;
  double epoch = 0;
  double loss = 0;
  double task_loss = 0;
  double skim_loss = 0;
  double distillation_loss = 0;
  double kept_fraction = 1;
  double compute_share = 0;  ///< of the dense model's MACs; 0 unless a share is the goal
  double learning_rate = 0;
  double gradient_norm = 0;
  double examples_per_second = 0;
  std::int64_t tokens_seen = 0;  ///< of the whole run
  double tokens_per_second = 0;  ///< padding not counted
  double seconds_left = 0;       ///< of training steps; evaluations not foreseen
};

/// How a run tells its caller what happens. Empty members are skipped.
struct TrainingEvents {
  std::function<void(const ProgressReport&)> on_step;  ///< after every step: values of this step alone
  std::function<void(const ProgressReport&)> on_log;   ///< every logging_steps
  std::function<void(const ProgressReport&, const EvaluationReport&, bool best)> on_evaluation;
  std::function<void(const std::filesystem::path&)> on_checkpoint;
  std::function<bool()> should_stop;  ///< asked after every step; true writes a checkpoint and ends the run
};

/// One line of trainer_state.json's log_history: names and values in order.
using LogEntry = std::vector<std::pair<std::string, double>>;

/// The evaluation whose weights lie in output_dir.
struct ChosenEvaluation {
  std::int64_t step = 0;
  double score = 0;
  double kept_fraction = 1;
  double compute_share = 0;  ///< of the validation data's dense MACs; 0 where it was not measured
};

/// What a training ended with.
struct TrainingResult {
  bool finished = false;  ///< false: stopped by should_stop
  std::int64_t steps = 0;
  std::filesystem::path checkpoint;  ///< where to resume from, when not finished
  std::optional<ChosenEvaluation> chosen;
  std::optional<double>
      start_score;           ///< chief score before the first step, of runs towards a share of the arithmetic
  double perfect_score = 1;  ///< the best chief score there is: 100 where scores are percentages
  std::vector<LogEntry> log_history;
  double seconds = 0;  ///< of this process, evaluations included
};

}  // namespace transkimmer
