#include "training/runs/budget_setup.h"

#include <algorithm>

#include <fmt/format.h>

#include "training/objectives/threshold_calibration.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double kUsualTarget = 0.5;
// Twenty times what a pretrained encoder stands: predictors begin from nothing, and follow a goal that moves.
constexpr double kUsualPredictorLearningRate = 1e-3;

// Little is lost to learning, and an evaluation is not much longer for them.
constexpr double kHeldBackShare = 0.05;
constexpr std::size_t kMostHeldBack = 512;

}  // namespace

FinetuningOptions with_usual_budget(FinetuningOptions options) {
  SkimmingOptions& skimming = options.skimming;
  const bool original =
      skimming.semantics == SkimSemantics::original ||
      (!skimming.semantics && ModelConfig::load(options.model).skim.semantics == SkimSemantics::original);
  if (skimming.target_compute && original)
    throw UsageError(
        "--target-compute goes with --semantics removal: under original, removal computes something else");
  if (skimming.enabled && !skimming.coefficient && !skimming.target_compute && !original)
    skimming.target_compute = kUsualTarget;
  if (!options.data.unlabelled.empty()) options.training.distillation.weight = 1;
  if (skimming.target_compute && !options.training.predictor_learning_rate)
    options.training.predictor_learning_rate = kUsualPredictorLearningRate;
  return options;
}

std::size_t held_back_count(const FinetuningOptions& options, std::size_t examples) {
  if (!options.skimming.enabled || !options.skimming.target_compute) return 0;
  return std::min(kMostHeldBack, static_cast<std::size_t>(kHeldBackShare * static_cast<double>(examples)));
}

void require_reachable(const ModelConfig& config, const EncodedDataset& texts) {
  if (!config.skim.enabled || !config.skim.target_compute) return;
  const double least = least_compute_share(config, texts);
  if (*config.skim.target_compute >= least) return;
  throw UsageError(
      fmt::format("--target-compute {}: these texts and this model can be skimmed to {:.4f} of the dense "
                  "arithmetic at the "
                  "least; smaller --skim-predictor-size lowers that",
                  *config.skim.target_compute, least));
}

std::optional<Teacher> teacher_of(const FinetuningOptions& options, const ModelConfig& config,
                                  const NoticeHandler& notices) {
  const torch::Device device = options.training.compute.device;
  if (options.teacher)
    return options.teacher->empty() ? std::nullopt
                                    : std::optional(Teacher::load(*options.teacher, config, device));
  const bool computes_less = config.skim.enabled || options.keep_layers > 0;
  if (!computes_less || options.from_scratch || !has_trained_head(options.model, config)) return std::nullopt;
  notify(notices,
         fmt::format("{} teaches: what it answers is learnt beside the labels (--teacher none: labels alone)",
                     options.model.string()));
  return Teacher::load(options.model, config, device);
}

}  // namespace transkimmer
