#include "training/objectives/threshold_calibration.h"

#include <algorithm>
#include <vector>

#include "model/cost.h"
#include "training/objectives/batching.h"
#include "training/skimming/masked_compute.h"

namespace transkimmer {
namespace {

// Far beyond the margin of 10 with which published predictors begin.
constexpr double kFarthestThreshold = 64.0;
constexpr double kFirstStep = 0.1;
// Of the threshold, and of the budget: finer than the share of a few hundred texts can be told apart.
constexpr double kFinestStep = 0.01;
constexpr double kLeastWaste = 0.01;

struct Point {
  double threshold;
  double share;
};

/// Where a straight line between two points meets `share`, but not so near to one of them that little is
/// learnt.
double between(const Point& within, const Point& beyond, double share) {
  const double slope = (beyond.share - share) / std::max(beyond.share - within.share, 1e-12);
  const double part = std::clamp(slope, 0.1, 0.9);
  return beyond.threshold + part * (within.threshold - beyond.threshold);
}

}  // namespace

double compute_share(const TrainingModel& model, const EncodedDataset& texts,
                     const EvaluationSettings& settings) {
  torch::NoGradGuard no_gradients;
  const ModelConfig& config = model.config();
  ComputeTally compute;
  for (const Batch& members :
       length_sorted_batches(sequence_lengths(texts), {.max_sequences = settings.batch_size})) {
    const LabelledBatch batch = make_batch(texts, members, config, settings.compute.device);
    const AutocastScope autocast(settings.compute);
    compute.add(model.spec(), model.encode(batch.inputs, {.first_token_only = true}).skim_masks,
                batch.inputs.real);
  }
  return compute.share();
}

double calibrate_threshold(TrainingModel& model, const EncodedDataset& texts, double share,
                           const EvaluationSettings& settings) {
  const auto probe = [&](double threshold) {
    model.set_skim_threshold(threshold);
    return Point{threshold, compute_share(model, texts, settings)};
  };
  Point within = probe(model.config().skim.threshold), beyond = within;
  const double direction = within.share > share ? 1.0 : -1.0;
  // Steps that double lead to an interval around the answer.
  for (double step = kFirstStep; step <= kFarthestThreshold; step *= 2) {
    const Point next = probe((direction > 0 ? within : beyond).threshold + direction * step);
    (direction > 0 ? beyond : within) = direction > 0 ? within : beyond;
    (direction > 0 ? within : beyond) = next;
    if (within.share <= share && beyond.share > share) break;
  }
  while (within.share < share * (1 - kLeastWaste) && within.threshold - beyond.threshold > kFinestStep) {
    const Point middle = probe(between(within, beyond, share));
    (middle.share > share ? beyond : within) = middle;
  }
  model.set_skim_threshold(within.threshold);
  return within.share;
}

double least_compute_share(const ModelConfig& config, const EncodedDataset& texts) {
  const ModelSpec spec = config.spec();
  double dense = 0, least = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto kept = texts.never_skimmed(i, config.skim.protection);
    const std::vector<std::uint32_t> per_layer(static_cast<std::size_t>(config.num_hidden_layers), kept);
    dense += static_cast<double>(dense_cost(spec, texts.length(i)).count);
    least += static_cast<double>(skimmed_cost(spec, texts.length(i), per_layer).count);
  }
  return least / dense;
}

}  // namespace transkimmer
