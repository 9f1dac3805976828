#pragma once

#include "features/encoded_dataset.h"
#include "training/network/model.h"
#include "training/objectives/masked_evaluation.h"

namespace transkimmer {

/// Sets the model's threshold to the lowest at which it computes at most `share` of the dense model's MACs
/// over `texts` (labels are not read), and returns the share it then computes. Higher thresholds skim more;
/// where not even skimming all that may be skimmed is enough, the highest tried stays. Begins at the
/// threshold that the model has.
double calibrate_threshold(TrainingModel& model, const EncodedDataset& texts, double share,
                           const EvaluationSettings& settings);

/// The share that the model computes over `texts` at the threshold that it has: MACs, predictors included, of
/// the dense model's unpadded.
double compute_share(const TrainingModel& model, const EncodedDataset& texts,
                     const EvaluationSettings& settings);

/// The least share that a configuration with predictors can be skimmed to over `texts`: every predictor skims
/// all that enters but what is protected.
double least_compute_share(const ModelConfig& config, const EncodedDataset& texts);

}  // namespace transkimmer
