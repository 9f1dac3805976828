#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/tasks.h"
#include "features/encoded_dataset.h"
#include "training/network/model.h"
#include "training/tensors/compute_settings.h"

namespace transkimmer {

/// How a model is evaluated while it is trained.
struct EvaluationSettings {
  ComputeSettings compute;
  std::size_t batch_size = 64;
};

/// Scores of the model on a data set, and how much it skimmed.
struct EvaluationReport {
  std::map<std::string, double> scores;  ///< by the names of metrics/scores.h
  std::string chief;                     ///< the score that chooses the best checkpoint
  double perfect = 1;                    ///< the best chief score there is: 100 where scores are percentages
  std::optional<double> loss =
      {};                    ///< task loss, mean over examples (over hidden tokens), where there is one
  double kept_fraction = 1;  ///< mean over layers of tokens kept / tokens
  std::vector<double> kept_fraction_per_layer;
  double compute_share = 1;  ///< of the dense model's unpadded MACs, predictors included
  std::size_t examples = 0;
  double seconds = 0;

  double chief_score() const { return scores.at(chief); }
  /// Both fractions, from `kept` [L] f64 of `tokens`; [0] for a model that does not skim.
  void set_kept(const Tensor& kept, double tokens);
};

/// Runs the model as inference would decide (no noise, no dropout), with masks in place of removal.
/// `metrics` is not empty; every sequence must be labelled, but of an embedder every pair (encode_compared),
/// whose cosine is scored.
EvaluationReport evaluate_masked(const TrainingModel& model, const EncodedDataset& dataset,
                                 std::span<const Metric> metrics, const EvaluationSettings& settings);

}  // namespace transkimmer
