#pragma once

#include "features/encoded_dataset.h"
#include "training/objectives/objective.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// What labels of tokens are learnt from and judged by. All of it must outlive the trainer.
struct TaggingData {
  const EncodedDataset* train = nullptr;      ///< without tags where a teacher alone is heard
  const EncodedDataset* held_back = nullptr;  ///< to set the threshold by; null: the training set itself
  const EncodedDataset* dev = nullptr;        ///< with tags; null: no evaluation, the last weights are kept
};

/// Labels of tokens: the loss is over those that have one, the scores are seqeval's, F1 of entities first.
class TaggingObjective final : public TrainingObjective {
 public:
  /// Throws UsageError for an empty set, or a metric_for_best_model other than f1, precision, recall and
  /// accuracy.
  TaggingObjective(const TaggingData& data, ModelConfig config, const TrainingOptions& options);

  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  LabelledBatch micro_batch(std::int64_t epoch, std::int64_t index) override;
  std::map<std::string, std::string> fingerprint() const override;
  std::string chief_metric() const override { return chief_; }
  void keep_budget(TrainingModel& model, double share) const override;
  EvaluationReport evaluate(const TrainingModel& model) const override;
  bool keeps_best() const override { return data_.dev != nullptr; }

 private:
  TaggingData data_;
  ModelConfig config_;
  EvaluationSettings evaluation_;
  EpochBatches batches_;
  std::string chief_;
};

}  // namespace transkimmer
