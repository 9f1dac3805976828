#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "training/network/model.h"
#include "training/objectives/batching.h"
#include "training/objectives/masked_evaluation.h"

namespace transkimmer {

/// What a Trainer makes a model better at: where micro-batches come from, and what it is judged by. The loss
/// itself follows from the model's head (losses.h).
class TrainingObjective {
 public:
  virtual ~TrainingObjective() = default;

  /// Micro-batches of one pass over the data; at least 1.
  virtual std::int64_t micro_batches_per_epoch() const = 0;
  /// Micro-batch `index` of pass `epoch`: a function of these two and of the options, so that a resumed run
  /// meets the same ones.
  virtual LabelledBatch micro_batch(std::int64_t epoch, std::int64_t index) = 0;
  /// What determines the curve, by the names a user knows.
  virtual std::map<std::string, std::string> fingerprint() const = 0;

  /// The name of the score that comes first; empty when there is nothing to evaluate on.
  virtual std::string chief_metric() const = 0;
  /// Sets the model's threshold so that it computes at most `share` of the dense model's MACs over texts of
  /// the training data. Throws UsageError where there are none to set it by.
  virtual void keep_budget(TrainingModel& model, double share) const;
  virtual EvaluationReport evaluate(const TrainingModel& model) const = 0;
  /// Whether the weights with the best score are the result, and not the last ones.
  virtual bool keeps_best() const = 0;
};

/// The score that chooses the weights: `wanted` (as Hugging Face's scripts take it, also with "eval_" before
/// it), or the first of `known` if that is empty. Empty when there is nothing to evaluate on, hence `known`
/// is empty. Throws UsageError for a score that is not among them.
std::string chief_of(const std::vector<std::string>& known, const std::string& wanted);

}  // namespace transkimmer
