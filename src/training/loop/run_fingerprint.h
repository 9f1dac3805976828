#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "training/objectives/distillation.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// For how many layers a skimmed token is still computed. Where the options leave it open: one towards a
/// share of the arithmetic, else kEveryLayer.
std::int64_t removal_delay(const TrainingOptions& options, const SkimConfig& skim);
/// The factor of noise in decisions. Where the options leave it open: 0 towards a share, else 1.
double gate_noise(const TrainingOptions& options, const SkimConfig& skim);
/// The share of the steps over which the goal falls or the coefficient grows. Where the options leave it
/// open: ComputeTarget::ramp towards a share, else 0.
double skim_warmup_ratio(const TrainingOptions& options, const SkimConfig& skim);

/// What weights alone may not tell apart.
std::string architecture_text(const ModelConfig& config);

/// The options that determine the curve, by the names a user knows them by; what the data adds is the
/// objective's. `teacher` may be null.
std::map<std::string, std::string> run_fingerprint(const TrainingOptions& options, const ModelConfig& config,
                                                   const Teacher* teacher);

/// Throws UsageError, which names `checkpoint` and the option, where a run is not the one that stored it.
/// Checkpoints from before an option was there count as having its value as published.
void require_same_run(const std::map<std::string, std::string>& run,
                      std::map<std::string, std::string> stored, const std::filesystem::path& checkpoint);

}  // namespace transkimmer
