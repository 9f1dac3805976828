#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "training/objectives/training_options.h"

namespace transkimmer {

/// Sums over the steps since the last log entry; part of the state, so that a resumed run logs the same
/// means.
struct RunningSums {
  double loss = 0;
  double task_loss = 0;
  double skim_loss = 0;
  double distillation_loss = 0;
  double compute_share = 0;
  double kept_fraction = 0;
  double gradient_norm = 0;
  std::int64_t steps = 0;
};

/// Where a run stands, apart from weights and optimiser moments. Together with the options it says what comes
/// next: the order of the data and all random draws are functions of (seed, step).
struct TrainerState {
  std::int64_t global_step = 0;
  std::int64_t max_steps = 0;
  std::int64_t steps_per_epoch = 1;
  std::int64_t tokens_seen = 0;  ///< in training, padding not counted
  double num_train_epochs = 0;
  RunningSums sums;
  std::optional<double> best_score;        ///< best chief metric of any evaluation
  std::optional<ChosenEvaluation> chosen;  ///< the evaluation whose weights were kept
  /// Whether the model at global_step has still to be evaluated: a checkpoint is written before that is done.
  bool evaluation_pending = false;
  std::optional<double> start_score;  ///< see TrainingResult
  double compute_price = 0;           ///< linear term of the ComputePrice
  std::string chief_metric;
  std::vector<LogEntry> log_history;
  std::map<std::string, std::string> fingerprint;  ///< options that determine the curve, by name

  double epoch() const { return static_cast<double>(global_step) / static_cast<double>(steps_per_epoch); }
};

/// In a checkpoint, as Hugging Face's Trainer has it.
inline constexpr const char* kTrainerStateFile = "trainer_state.json";

/// trainer_state.json as Hugging Face writes it, with our own part under "transkimmer". Numbers survive
/// exactly.
void save_trainer_state(const TrainerState& state, const std::filesystem::path& directory);
/// Throws IoError or FormatError naming the file.
TrainerState load_trainer_state(const std::filesystem::path& directory);

}  // namespace transkimmer
