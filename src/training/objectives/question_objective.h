#pragma once

#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "training/objectives/objective.h"
#include "training/objectives/training_options.h"

namespace transkimmer {

/// What question answering is learnt from and judged by. All of it must outlive the trainer.
struct QuestionData {
  const QaFeatures* train = nullptr;
  const QaFeatures* held_back = nullptr;  ///< to set the threshold by; null: the training set itself
  const QaDataset* dev = nullptr;         ///< null: no evaluation, the last weights are kept
  const QaFeatures* dev_windows = nullptr;
  QaDecodingOptions decoding = {};
};

/// Questions and the passages that answer them: the loss is over the windows' first and last answer tokens,
/// the scores are squad_scores of decoded answers, F1 first.
class QuestionObjective final : public TrainingObjective {
 public:
  /// Throws UsageError for an empty set, answers to learn from that are not there, or a metric_for_best_model
  /// other than f1, exact and best_f1.
  QuestionObjective(const QuestionData& data, ModelConfig config, const TrainingOptions& options);

  std::int64_t micro_batches_per_epoch() const override { return batches_.per_epoch(); }
  LabelledBatch micro_batch(std::int64_t epoch, std::int64_t index) override;
  std::map<std::string, std::string> fingerprint() const override;
  std::string chief_metric() const override { return chief_; }
  /// Runs the model as inference would decide (no noise, no dropout), with masks in place of removal.
  void keep_budget(TrainingModel& model, double share) const override;
  EvaluationReport evaluate(const TrainingModel& model) const override;
  bool keeps_best() const override { return data_.dev != nullptr; }

 private:
  QuestionData data_;
  ModelConfig config_;
  EvaluationSettings evaluation_;
  EpochBatches batches_;
  std::string chief_;
};

}  // namespace transkimmer
