#pragma once

#include <cstdint>
#include <optional>

#include "training/network/losses.h"
#include "training/network/model.h"
#include "training/objectives/batching.h"
#include "training/objectives/distillation.h"
#include "training/skimming/compute_price.h"
#include "training/tensors/compute_settings.h"

namespace transkimmer {

/// Of all micro-batches of a step: what the means are over.
struct GroupSize {
  double examples = 0;
  double tokens = 0;
  double predictions = 0;
  double dense_macs = 0;  ///< of the dense model, unpadded

  void add(const LabelledBatch& batch, const ModelSpec& spec);
};

/// Shares of one micro-batch in the means of its step.
struct StepOutcome {
  double loss = 0;
  double task_loss = 0;  ///< the teacher's, where labels do not count
  double skim_loss = 0;
  double distillation_loss = 0;
  double kept_fraction = 0;
  double compute_share = 0;  ///< of the dense model's MACs, predictors included; 0 unless a share is the goal
  double gradient_norm = 0;
  std::size_t examples = 0, tokens = 0;

  StepOutcome& operator+=(const StepOutcome& other);
};

/// How the parts of the loss are weighed in one step.
struct LossWeights {
  double skim_coefficient = 0;               ///< of the skim loss, where no share is the goal
  const ComputePrice* price = nullptr;       ///< null: the coefficient counts
  double compute_goal = 1;                   ///< of this step
  double gate_noise = 1;                     ///< of the decisions; 0: they are taken as inference takes them
  std::int64_t removal_delay = kEveryLayer;  ///< see ForwardOptions
};

/// What a step's parts are made of, apart from the model.
struct StepLossOptions {
  ComputeSettings compute;
  DistillationOptions distillation;
  ClassLossOptions classes;
};

/// What a step minimises: the task's loss, what a teacher says, and the price of what is kept.
class StepLoss {
 public:
  /// The model must outlive it.
  StepLoss(const TrainingModel& model, StepLossOptions options, std::optional<Teacher> teacher);

  /// Runs forward and backward pass of one micro-batch, so that gradients add up to those of the whole group.
  StepOutcome run(const LabelledBatch& batch, const GroupSize& group, const LossWeights& weights,
                  std::uint64_t seed);

  /// Null where nobody teaches.
  const Teacher* teacher() const { return teacher_ ? &*teacher_ : nullptr; }

 private:
  /// Not where the teacher's answers are all that counts: there need be no labels.
  bool hears_labels() const { return !teacher_ || options_.distillation.weight < 1; }

  const TrainingModel& model_;
  StepLossOptions options_;
  std::optional<Teacher> teacher_;
};

}  // namespace transkimmer
