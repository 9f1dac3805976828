#include "training/optimizer/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

#include <ATen/Parallel.h>

#include "training/kernels/cpu_kernels.h"

namespace transkimmer {
namespace {

// Elements that are worth another thread.
constexpr std::int64_t kParallelGrain = 1 << 15;

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

AdamWCoefficients coefficients_of(const UpdateStep& step) {
  return {.step_size = static_cast<float>(step.step_size),
          .decay_factor = static_cast<float>(1.0 - step.decay),
          .beta1 = static_cast<float>(step.beta1),
          .beta2 = static_cast<float>(step.beta2),
          .epsilon = static_cast<float>(step.epsilon)};
}

/// One pass over memory in place of six.
void update_on_cpu(const AdamW::Slot& slot, const Tensor& gradient, const UpdateStep& step) {
  const AdamWRange all{.count = 0,
                       .weight = slot.entry->value.data_ptr<float>(),
                       .first_moment = slot.first_moment.data_ptr<float>(),
                       .second_moment = slot.second_moment.data_ptr<float>(),
                       .gradient = gradient.data_ptr<float>()};
  const AdamWCoefficients coefficients = coefficients_of(step);
  at::parallel_for(0, gradient.numel(), kParallelGrain, [&](std::int64_t begin, std::int64_t end) {
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

double clipping_factor(double norm, double max_norm) {
  return max_norm / (norm + 1e-6);
}

/// The parts of a gradient that are not zero.
std::vector<std::span<float>> parts_of(const Parameters::Entry& entry, const Tensor& gradient) {
  constexpr std::int64_t kPart = 1 << 16;
  std::vector<std::span<float>> parts;
  float* const values = gradient.data_ptr<float>();
  if (entry.rows && entry.rows->tracked()) {
    const auto columns = static_cast<std::size_t>(gradient.size(1));
    for (const std::int64_t row : entry.rows->used())
      parts.emplace_back(values + row * gradient.size(1), columns);
  } else {
    for (std::int64_t begin = 0; begin < gradient.numel(); begin += kPart)
      parts.emplace_back(values + begin, static_cast<std::size_t>(std::min(kPart, gradient.numel() - begin)));
  }
  return parts;
}

/// Calls `work(parts, index)` for all parts of all gradients on the CPU, on all threads.
template <class Work>
void for_all(const std::vector<std::span<float>>& parts, const Work& work) {
  at::parallel_for(0, static_cast<std::int64_t>(parts.size()), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) work(static_cast<std::size_t>(i));
  });
}

double clip_anywhere(const std::vector<Tensor>& gradients, double max_norm) {
  std::vector<Tensor> norms;
  for (const Tensor& gradient : gradients) norms.push_back(at::norm(gradient));
  const double total = at::norm(at::stack(norms)).item<double>();
  if (max_norm <= 0 || total <= max_norm) return total;
  for (const Tensor& gradient : gradients) gradient.mul_(clipping_factor(total, max_norm));
  return total;
}

double clip_on_cpu(const std::vector<std::span<float>>& parts, double max_norm) {
  std::vector<double> squares(parts.size());
  for_all(parts, [&](std::size_t i) { squares[i] = sum_of_squares(parts[i]); });
  const double total = std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
  if (max_norm <= 0 || total <= max_norm) return total;
  const auto factor = static_cast<float>(clipping_factor(total, max_norm));
  for_all(parts, [&](std::size_t i) { scale_range(parts[i], factor); });
  return total;
}

}  // namespace

bool is_decayed(const WeightSpec& spec, bool decay_predictor_norms) {
  switch (spec.role) {
    case WeightRole::bias:
    case WeightRole::decision_bias:
    case WeightRole::norm_shift:
      return false;
    case WeightRole::norm_scale:
      return decay_predictor_norms && spec.group == WeightGroup::predictor;
    case WeightRole::matrix:
    case WeightRole::word_table:
    case WeightRole::position_table:
    case WeightRole::type_table:
      return true;
  }
  return true;
}

AdamW::AdamW(const Parameters& parameters, const AdamWOptions& options) : options_(options) {
  for (const auto& entry : parameters.entries()) {
    const bool decayed = is_decayed(entry.spec, options.decay_predictor_norms);
    slots_.push_back({.entry = &entry,
                      .first_moment = at::zeros_like(entry.value),
                      .second_moment = at::zeros_like(entry.value),
                      .weight_decay = decayed ? options.weight_decay : 0.0,
                      .predictor = entry.spec.group == WeightGroup::predictor});
    const Slot& slot = slots_.back();
    lazy_.push_back(
        entry.rows ? std::make_unique<LazyTable>(
                         entry.value, LazyTable::Moments{slot.first_moment, slot.second_moment}, entry.rows)
                   : nullptr);
  }
}

AdamW::~AdamW() = default;
AdamW::AdamW(AdamW&&) noexcept = default;

const std::vector<AdamW::Slot>& AdamW::slots() const {
  for (const auto& table : lazy_)
    if (table) table->catch_up_all();
  return slots_;
}

void AdamW::set_steps(std::int64_t steps) {
  steps_ = steps;
  for (const auto& table : lazy_)
    if (table) table->rewritten();
}

void AdamW::step(double schedule_factor) {
  torch::NoGradGuard no_gradients;
  ++steps_;
  const auto count = static_cast<double>(steps_);
  const double of_second = std::sqrt(1.0 - std::pow(options_.beta2, count));
  const double correction = of_second / (1.0 - std::pow(options_.beta1, count));
  const double epsilon = options_.form == AdamWForm::torch ? options_.epsilon * of_second : options_.epsilon;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (!slot.entry->value.grad().defined()) continue;
    const double rate =
        schedule_factor * (slot.predictor ? options_.predictor_learning_rate : options_.learning_rate);
    const UpdateStep step{.step_size = rate * correction,
                          .decay = rate * slot.weight_decay,
                          .beta1 = options_.beta1,
                          .beta2 = options_.beta2,
                          .epsilon = epsilon};
    if (lazy_[i] && slot.entry->rows->tracked()) {
      lazy_[i]->step(coefficients_of(step));
    } else {
      if (lazy_[i]) lazy_[i]->catch_up_all();
      update_weight(slot, step);
      if (lazy_[i]) lazy_[i]->has_moments_everywhere();
    }
  }
}

std::string_view name_of(AdamWForm form) {
  return form == AdamWForm::torch ? "adamw_torch" : "adamw_hf";
}

double linear_schedule(std::int64_t step, std::int64_t warmup_steps, std::int64_t total_steps) {
  if (step < warmup_steps) return static_cast<double>(step) / static_cast<double>(warmup_steps);
  const auto left = static_cast<double>(total_steps - step);
  return std::max(0.0, left / static_cast<double>(std::max<std::int64_t>(1, total_steps - warmup_steps)));
}

double clip_gradients(const Parameters& parameters, double max_norm, ClippedTogether which) {
  torch::NoGradGuard no_gradients;
  std::vector<Tensor> gradients;
  std::vector<std::span<float>> parts;
  bool on_cpu = true;
  for (const auto& entry : parameters.entries()) {
    const Tensor& gradient = entry.value.grad();
    const bool of_predictor = entry.spec.group == WeightGroup::predictor;
    const bool chosen =
        which == ClippedTogether::all || of_predictor == (which == ClippedTogether::predictors);
    if (!gradient.defined() || !chosen) continue;
    gradients.push_back(gradient);
    on_cpu = on_cpu && gradient.is_cpu() && gradient.is_contiguous();
    if (!on_cpu) continue;
    const auto own = parts_of(entry, gradient);
    parts.insert(parts.end(), own.begin(), own.end());
  }
  if (gradients.empty()) return 0.0;
  return on_cpu ? clip_on_cpu(parts, max_norm) : clip_anywhere(gradients, max_norm);
}

}  // namespace transkimmer
