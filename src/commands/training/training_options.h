#pragma once

#include <optional>
#include <string>

#include <CLI/App.hpp>

#include "training/runs/run_setup.h"

namespace transkimmer {

// What the commands that train have in common.

/// Option values that become a RunOptions only after parsing.
struct TrainingWords {
  /// Of --resume: empty, "latest" or "auto".
  std::string resume;
  std::optional<std::string> semantics;
  std::optional<std::string> optim;
  std::string precision = "auto";
  std::string device = "auto";
};

/// Groups that commands add options of their own to.
inline constexpr const char* kModelGroup = "Model";
inline constexpr const char* kSkimmingGroup = "Skimming";
inline constexpr const char* kOptimisationGroup = "Optimisation";

/// --model (required unless options.model names one), --output-dir, --from-scratch, --overwrite-output-dir.
void add_model_options(CLI::App& command, RunOptions& options);
/// --skim-coefficient and what shapes skimming; `coefficient_text` says what the coefficient means here.
/// Returns the option of the coefficient.
CLI::Option* add_skimming_options(CLI::App& command, RunOptions& options, TrainingWords& words,
                                  const std::string& coefficient_text);
/// Learning rate, batch size, steps, AdamW, seed.
void add_optimisation_options(CLI::App& command, TrainingOptions& training, TrainingWords& words);
/// Intervals, resuming, precision, device, threads.
void add_run_options(CLI::App& command, RunOptions& options, TrainingWords& words);

/// Fills in what the words mean. Throws UsageError.
void complete(const TrainingWords& words, RunOptions& options);

/// What a training says when it is interrupted.
inline constexpr const char* kInterruptedTraining =
    "\ninterrupted: the step or evaluation under way is finished, then the run stops; once more ends at "
    "once\n";

/// Throws the Error that tells how to go on, unless the run finished.
void require_finished(const TrainingResult& result);

}  // namespace transkimmer
