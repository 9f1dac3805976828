#include "training/objectives/finetuning_objective.h"

#include <utility>

#include "metrics/scores.h"
#include "training/objectives/threshold_calibration.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void check_data(const TrainingData& data) {
  if (data.train == nullptr || data.train->size() == 0) throw UsageError("the training set is empty");
  if (data.dev != nullptr && data.dev->size() == 0) throw UsageError("the validation set is empty");
  if (data.dev != nullptr && data.metrics.empty()) throw UsageError("a validation set needs a metric");
}

/// What an evaluation reports, the task's first metric first; empty without a dev set.
std::vector<std::string> score_names(const TrainingData& data) {
  std::vector<std::string> names;
  if (data.dev == nullptr) return names;
  for (const Metric metric : data.metrics) names.push_back(score_name(metric));
  return names;
}

}  // namespace

FinetuningObjective::FinetuningObjective(TrainingData data, ModelConfig config,
                                         const TrainingOptions& options)
    : data_((check_data(data), std::move(data))),
      config_(std::move(config)),
      evaluation_{.compute = options.compute, .batch_size = options.eval_batch_size},
      batches_(sequence_lengths(*data_.train),
               {.batch_size = options.train_batch_size, .seed = options.seed}),
      chief_(chief_of(score_names(data_), options.metric_for_best_model)) {}

std::int64_t FinetuningObjective::micro_batches_per_epoch() const {
  return batches_.per_epoch();
}

LabelledBatch FinetuningObjective::micro_batch(std::int64_t epoch, std::int64_t index) {
  return make_batch(*data_.train, batches_.at(epoch, index), config_, evaluation_.compute.device);
}

std::map<std::string, std::string> FinetuningObjective::fingerprint() const {
  return {{"training examples", std::to_string(data_.train->size())},
          {"training tokens", std::to_string(data_.train->ids.size())},
          {"training data", data_.train->fingerprint()},
          {"validation data", data_.dev == nullptr ? "none" : data_.dev->fingerprint()}};
}

void FinetuningObjective::keep_budget(TrainingModel& model, double share) const {
  calibrate_threshold(model, data_.held_back != nullptr ? *data_.held_back : *data_.train, share,
                      evaluation_);
}

EvaluationReport FinetuningObjective::evaluate(const TrainingModel& model) const {
  EvaluationReport report = evaluate_masked(model, *data_.dev, data_.metrics, evaluation_);
  report.chief = chief_;
  return report;
}

}  // namespace transkimmer
