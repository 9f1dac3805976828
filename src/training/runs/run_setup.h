#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "base/notice.h"
#include "training/loop/trainer.h"
#include "training/network/model.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// Unset members keep what the model's configuration says; where that says nothing, and always for the
/// coefficient, they are the published value.
struct SkimmingOptions {
  bool enabled = true;
  std::optional<double> coefficient;     ///< published: 0.5
  std::optional<double> target_compute;  ///< share of the dense MACs to steer to, in place of a coefficient
  std::optional<std::int64_t> predictor_size;  ///< published: the hidden size
  std::optional<double> threshold;
  std::optional<double> temperature;
  std::optional<SkimSemantics> semantics;
  std::optional<SkimProtection> protection;  ///< `question` is for questions, `none` for removal semantics
};

/// What every training run is told, whatever it learns.
struct RunOptions {
  SkimmingOptions skimming;
  std::filesystem::path model;
  std::int64_t keep_layers = 0;  ///< the first so many layers of `model` alone; 0: all
  bool from_scratch = false;     ///< random weights; `model` need hold only config.json and tokenizer files
  Initialization initialization = Initialization::published;  ///< of random weights
  bool overwrite_output_dir = false;
  bool split_special_tokens = false;  ///< of texts that spell special tokens out: read as plain text
  int threads = 0;                    ///< 0: all processors
  std::filesystem::path resume_from;  ///< a checkpoint-STEP folder; empty: start anew
  /// With no checkpoint to go on from: start anew also beside what a killed run has left.
  bool resume_if_possible = false;
  TrainingOptions training;  ///< output_dir included; tokenizer_source is filled in
};

/// Throws UsageError unless the numbers are in range, output_dir may be written to, and --from-scratch and
/// resume_from fit what the directories hold.
void check_run_options(const RunOptions& options);

/// Has libtorch use so many threads (0: all processors); returns how many.
int start_threads(int threads);

/// Sets what is asked for; says what the model brings along that differs from the usual. Throws UsageError
/// for the published semantics without a protected position 0, which they always keep.
void configure_skimming(const SkimmingOptions& options, ModelConfig& config, const NoticeHandler& notices);

/// The configuration in `options.model`, of the layers that are kept. Throws UsageError where there are not
/// so many.
ModelConfig kept_layers_config(const RunOptions& options);

/// The weights to begin with. A resumed run overwrites them with its checkpoint's.
TrainingModel initial_model(const RunOptions& options, const ModelConfig& config,
                            const NoticeHandler& notices);

/// What is about to be trained, as far as all runs have it.
struct RunPlan {
  ModelConfig config;
  std::int64_t parameters = 0;
  std::int64_t first_step = 0, total_steps = 0;
};

/// The end that all runs share: takes up the checkpoint of a resumed run, makes output_dir, where a new run
/// removes the checkpoints of an older one, fills in the steps of `plan`, calls `on_start`, trains, and looks
/// at the model that a finished run leaves. Throws UsageError, also for a run to be resumed whose best
/// weights so far are not in output_dir; IoError, FormatError.
TrainingResult run_training(Trainer& trainer, const RunOptions& options, RunPlan& plan,
                            const std::function<void()>& on_start);

}  // namespace transkimmer
