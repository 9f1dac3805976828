#include "training/optimizer.h"

#include <algorithm>
#include <cmath>

#include <ATen/Parallel.h>

#include "training/cpu_kernels.h"

namespace transkimmer {
namespace {

// Elements that are worth another thread.
constexpr std::int64_t parallel_grain = 1 << 15;

struct UpdateStep {
  double step_size;
  double decay;  ///< learning rate times weight decay
  double beta1;
  double beta2;
  double epsilon;
};

void update_anywhere(const AdamW::Slot& slot, const Tensor& gradient, const UpdateStep& step) {
  slot.first_moment.mul_(step.beta1).add_(gradient, 1.0 - step.beta1);
  slot.second_moment.mul_(step.beta2).addcmul_(gradient, gradient, 1.0 - step.beta2);
  slot.entry->value.addcdiv_(slot.first_moment, slot.second_moment.sqrt().add_(step.epsilon),
                             -step.step_size);
  if (step.decay > 0) slot.entry->value.mul_(1.0 - step.decay);
}

/// One pass over memory in place of six.
void update_on_cpu(const AdamW::Slot& slot, const Tensor& gradient, const UpdateStep& step) {
  const AdamWRange all{.count = 0,
                       .weight = slot.entry->value.data_ptr<float>(),
                       .first_moment = slot.first_moment.data_ptr<float>(),
                       .second_moment = slot.second_moment.data_ptr<float>(),
                       .gradient = gradient.data_ptr<float>()};
  const AdamWCoefficients coefficients{.step_size = static_cast<float>(step.step_size),
                                       .decay_factor = static_cast<float>(1.0 - step.decay),
                                       .beta1 = static_cast<float>(step.beta1),
                                       .beta2 = static_cast<float>(step.beta2),
                                       .epsilon = static_cast<float>(step.epsilon)};
  at::parallel_for(0, gradient.numel(), parallel_grain, [&](std::int64_t begin, std::int64_t end) {
    adamw_range({.count = static_cast<std::size_t>(end - begin),
                 .weight = all.weight + begin,
                 .first_moment = all.first_moment + begin,
                 .second_moment = all.second_moment + begin,
                 .gradient = all.gradient + begin},
                coefficients);
  });
}

void update_weight(const AdamW::Slot& slot, const UpdateStep& step) {
  const Tensor gradient = slot.entry->value.grad().contiguous();
  if (gradient.is_cpu()) {
    update_on_cpu(slot, gradient, step);
  } else {
    update_anywhere(slot, gradient, step);
  }
}

}  // namespace

bool is_decayed(std::string_view name, bool decay_predictor_norms) {
  if (name.find("bias") != name.npos || name.find("LayerNorm.weight") != name.npos) return false;
  // The published rule overlooks the norm of RoBERTa's masked-LM head, which has another name.
  if (name == "lm_head.layer_norm.weight") return false;
  const bool predictor_norm = name.ends_with(".predictor.0.weight") || name.ends_with(".predictor.2.weight");
  return decay_predictor_norms || !predictor_norm;
}

AdamW::AdamW(const Parameters& parameters, const AdamWOptions& options) : options_(options) {
  for (const auto& entry : parameters.entries()) {
    const bool decayed = is_decayed(entry.spec.name, options.decay_predictor_norms);
    slots_.push_back({.entry = &entry,
                      .first_moment = at::zeros_like(entry.value),
                      .second_moment = at::zeros_like(entry.value),
                      .weight_decay = decayed ? options.weight_decay : 0.0,
                      .predictor = entry.spec.group == WeightGroup::predictor});
  }
}

void AdamW::step(double schedule_factor) {
  torch::NoGradGuard no_gradients;
  ++steps_;
  const auto count = static_cast<double>(steps_);
  const double correction =
      std::sqrt(1.0 - std::pow(options_.beta2, count)) / (1.0 - std::pow(options_.beta1, count));
  for (const Slot& slot : slots_) {
    if (!slot.entry->value.grad().defined()) continue;
    const double rate =
        schedule_factor * (slot.predictor ? options_.predictor_learning_rate : options_.learning_rate);
    update_weight(slot, {.step_size = rate * correction,
                         .decay = rate * slot.weight_decay,
                         .beta1 = options_.beta1,
                         .beta2 = options_.beta2,
                         .epsilon = options_.epsilon});
  }
}

double linear_schedule(std::int64_t step, std::int64_t warmup_steps, std::int64_t total_steps) {
  if (step < warmup_steps) return static_cast<double>(step) / static_cast<double>(warmup_steps);
  const auto left = static_cast<double>(total_steps - step);
  return std::max(0.0, left / static_cast<double>(std::max<std::int64_t>(1, total_steps - warmup_steps)));
}

double clip_gradients(const Parameters& parameters, double max_norm) {
  torch::NoGradGuard no_gradients;
  std::vector<Tensor> norms;
  for (const auto& entry : parameters.entries()) {
    if (entry.value.grad().defined()) norms.push_back(at::norm(entry.value.grad()));
  }
  if (norms.empty()) return 0.0;
  const double total = at::norm(at::stack(norms)).item<double>();
  if (max_norm <= 0 || total <= max_norm) return total;
  const double factor = max_norm / (total + 1e-6);
  for (const auto& entry : parameters.entries()) {
    if (entry.value.grad().defined()) entry.value.mutable_grad().mul_(factor);
  }
  return total;
}

}  // namespace transkimmer
