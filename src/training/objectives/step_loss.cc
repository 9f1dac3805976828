#include "training/objectives/step_loss.h"

#include <utility>

#include "training/skimming/masked_compute.h"

namespace transkimmer {
namespace {

double share(double part, double whole) {
  return whole > 0 ? part / whole : 0.0;
}

double mean_kept(const Tensor& kept, const LabelledBatch& batch) {
  return kept.numel() > 0 ? at::mean(kept).item<double>() : static_cast<double>(batch.tokens);
}

double value_of(const Tensor& loss) {
  return loss.defined() ? loss.item<double>() : 0.0;
}

}  // namespace

void GroupSize::add(const LabelledBatch& batch, const ModelSpec& spec) {
  examples += static_cast<double>(batch.sequences);
  tokens += static_cast<double>(batch.tokens);
  predictions += static_cast<double>(batch.predictions);
  dense_macs += dense_compute(spec, batch.inputs.real);
}

StepOutcome& StepOutcome::operator+=(const StepOutcome& other) {
  loss += other.loss;
  task_loss += other.task_loss;
  skim_loss += other.skim_loss;
  distillation_loss += other.distillation_loss;
  kept_fraction += other.kept_fraction;
  compute_share += other.compute_share;
  gradient_norm += other.gradient_norm;
  examples += other.examples;
  tokens += other.tokens;
  return *this;
}

StepLoss::StepLoss(const TrainingModel& model, StepLossOptions options, std::optional<Teacher> teacher)
    : model_(model), options_(std::move(options)), teacher_(std::move(teacher)) {}

StepOutcome StepLoss::run(const LabelledBatch& batch, const GroupSize& group, const LossWeights& weights,
                          std::uint64_t seed) {
  const ModelConfig& config = model_.config();
  const PaddedBatch& inputs = batch.inputs;
  const double predictions = share(static_cast<double>(batch.predictions), group.predictions);
  // A teacher answers every token, also those without a label.
  const double answers = traits_of(config.head).output == Output::tags
                             ? share(static_cast<double>(batch.tokens), group.tokens)
                             : predictions;
  const double skimmed = config.skim.semantics == SkimSemantics::removal
                             ? share(static_cast<double>(batch.tokens), group.tokens)
                             : share(static_cast<double>(batch.sequences), group.examples);
  Tensor task, skim, distillation, compute, kept;
  {
    const AutocastScope autocast(options_.compute);
    const ModelOutput output = model_.forward(inputs, {.training = true,
                                                       .seed = seed,
                                                       .gate_noise = weights.gate_noise,
                                                       .gradient_of_return = weights.price != nullptr,
                                                       .removal_delay = weights.removal_delay});
    const auto& masks = output.encoder.skim_masks;
    if (hears_labels())
      task =
          task_loss(config, output.head.logits, batch.targets, inputs.real, options_.classes) * predictions;
    if (teacher_)
      distillation =
          distillation_loss(config, output, teacher_->answer(batch), inputs.real, options_.distillation) *
          answers;
    skim = skim_loss(masks, inputs.real, config.skim.semantics) * skimmed;
    if (weights.price != nullptr)
      compute = masked_compute(model_.spec(), masks, inputs.real, group.dense_macs);
    kept = kept_tokens(masks, inputs.real);
  }
  Tensor loss = teacher_ ? distillation * options_.distillation.weight : task;
  if (teacher_ && hears_labels()) loss = loss + task * (1 - options_.distillation.weight);
  if (weights.price != nullptr) {
    const double of_batch = share(dense_compute(model_.spec(), inputs.real), group.dense_macs);
    loss = loss + weights.price->price(compute.item<double>() / of_batch, weights.compute_goal) * compute;
  } else {
    loss = loss + weights.skim_coefficient * skim;
  }
  loss.backward();
  return {.loss = loss.item<double>(),
          .task_loss = value_of(hears_labels() ? task : distillation),
          .skim_loss = skim.item<double>(),
          .distillation_loss = value_of(distillation),
          .kept_fraction = mean_kept(kept, batch) / group.tokens,
          .compute_share = value_of(compute),
          .examples = batch.sequences,
          .tokens = batch.tokens};
}

}  // namespace transkimmer
