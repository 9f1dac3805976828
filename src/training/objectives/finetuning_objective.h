#pragma once

#include <vector>

#include "datasets/tasks.h"
#include "features/encoded_dataset.h"
#include "training/objectives/objective.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// What is learnt from and judged by. The data sets must outlive the trainer.
struct TrainingData {
  const EncodedDataset* train = nullptr;
  const EncodedDataset* held_back = nullptr;  ///< to set the threshold by; null: the training set itself
  const EncodedDataset* dev = nullptr;        ///< null: no evaluation, the last weights are kept
  std::vector<Metric> metrics;  ///< the first chooses the best weights; not empty when there is a dev set
};

/// A task with labelled examples, in length-aware batches; a dev set chooses the best weights.
class FinetuningObjective final : public TrainingObjective {
 public:
  /// Throws UsageError for an empty set, a dev set without metrics, or a metric_for_best_model that is none
  /// of them.
  FinetuningObjective(TrainingData data, ModelConfig config, const TrainingOptions& options);

  std::int64_t micro_batches_per_epoch() const override;
  LabelledBatch micro_batch(std::int64_t epoch, std::int64_t index) override;
  std::map<std::string, std::string> fingerprint() const override;
  std::string chief_metric() const override { return chief_; }
  void keep_budget(TrainingModel& model, double share) const override;
  EvaluationReport evaluate(const TrainingModel& model) const override;
  bool keeps_best() const override { return data_.dev != nullptr; }

 private:
  TrainingData data_;
  ModelConfig config_;
  EvaluationSettings evaluation_;
  EpochBatches batches_;
  std::string chief_;
};

}  // namespace transkimmer
