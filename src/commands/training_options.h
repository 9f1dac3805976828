#pragma once

#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "training/run_setup.h"

namespace transkimmer {

// What the commands that train have in common.

/// Option values that become a RunOptions only after parsing.
struct TrainingWords {
  bool resume = false;
  std::optional<std::string> semantics;
  std::string precision = "auto";
  std::string device = "auto";
};

/// A value that is one of two or three words.
CLI::Validator one_of(const std::vector<std::string>& words);

/// --model, --output-dir, --from-scratch, --overwrite-output-dir.
void add_model_options(CLI::App& command, RunOptions& options);
/// --skim-coefficient and what shapes skimming; `coefficient_text` says what the coefficient means here.
/// Returns the option of the coefficient, and those that shape skimming.
struct SkimmingOptionList {
  CLI::Option* coefficient;
  std::vector<CLI::Option*> others;
};
SkimmingOptionList add_skimming_options(CLI::App& command, RunOptions& options, TrainingWords& words,
                                        const std::string& coefficient_text);
/// Learning rate, batch size, steps, AdamW, seed.
void add_optimisation_options(CLI::App& command, TrainingOptions& training);
/// Intervals, resuming, precision, device, threads.
void add_run_options(CLI::App& command, RunOptions& options, TrainingWords& words);

/// Fills in what the words mean. Throws UsageError.
void complete(const TrainingWords& words, RunOptions& options);

/// Throws the Error that tells how to go on, unless the run finished.
void require_finished(const TrainingResult& result);

}  // namespace transkimmer
