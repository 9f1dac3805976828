#include "training/kernels/cpu_kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "training/kernels/cpu_kernels.cc"
// Highway's order, in which the second includes this file again.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

#include "compute/kernels/lanes-inl.h"
#include "training/kernels/dropout-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A skimmed key may score higher than every kept one; its ratio is cut before exp overflows f32 (at 88.7).
constexpr float kLargestLogRatio = 60.0F;

void DropoutRange(std::span<const float> in, std::span<float> out, std::size_t first,
                  const DropoutRule& rule) {
  const DropoutScale scale(rule);
  ForLanes(in.size(), [&](auto tag, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::LoadU(tag, &in[i]), scale(tag, first + i)), tag, &out[i]);
  });
}

HWY_INLINE float LargestKept(const SoftmaxRow& row, const float* scores) {
  float largest = -INFINITY;
  const hn::ScalableTag<float> vector;
  const std::size_t lanes = hn::Lanes(vector);
  auto best = hn::Set(vector, -INFINITY);
  std::size_t i = 0;
  for (; i + lanes <= row.keys; i += lanes) {
    const auto kept = hn::Gt(hn::LoadU(vector, row.kept + i), hn::Zero(vector));
    best = hn::Max(best, hn::IfThenElse(kept, hn::LoadU(vector, scores + i), hn::Set(vector, -INFINITY)));
  }
  largest = hn::GetLane(hn::MaxOfLanes(vector, best));
  for (; i < row.keys; ++i) {
    if (row.kept[i] > 0) largest = std::max(largest, scores[i]);
  }
  return largest;
}

void SoftmaxRowForward(const SoftmaxRow& row, float* scores, float* weights) {
  const float largest = LargestKept(row, scores);
  const float total = SumOver(row.keys, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto above = hn::Sub(hn::LoadU(tag, scores + i), hn::Set(tag, largest));
    const auto log_ratio = hn::Mul(above, hn::Set(tag, row.scale));
    const auto e = hn::CallExp(tag, hn::Min(log_ratio, hn::Set(tag, kLargestLogRatio)));
    hn::StoreU(e, tag, scores + i);
    return hn::Mul(e, hn::LoadU(tag, row.kept + i));
  });
  const float inverse = 1.0F / total;
  const bool dropping = row.dropout.probability > 0;
  const DropoutScale scale(row.dropout);
  ForLanes(row.keys, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto ratio = hn::Mul(hn::LoadU(tag, scores + i), hn::Set(tag, inverse));
    hn::StoreU(ratio, tag, scores + i);
    auto weight = hn::Mul(ratio, hn::LoadU(tag, row.kept + i));
    if (dropping) weight = hn::Mul(weight, scale(tag, row.first + i));
    hn::StoreU(weight, tag, weights + i);
  });
}

void SoftmaxRowBackward(const SoftmaxRow& row, const float* ratios, float* gradient, float* weights,
                        float* kept_gradient) {
  const bool dropping = row.dropout.probability > 0;
  const DropoutScale scale(row.dropout);
  const float centre = SumOver(row.keys, [&](auto tag, std::size_t i) HWY_ATTR {
    auto weight = hn::Mul(hn::LoadU(tag, ratios + i), hn::LoadU(tag, row.kept + i));
    auto flow = hn::LoadU(tag, gradient + i);
    if (dropping) {
      const auto factor = scale(tag, row.first + i);
      flow = hn::Mul(flow, factor);
      hn::StoreU(flow, tag, gradient + i);
      hn::StoreU(hn::Mul(weight, factor), tag, weights + i);
    } else {
      hn::StoreU(weight, tag, weights + i);
    }
    return hn::Mul(weight, flow);
  });
  ForLanes(row.keys, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto centred = hn::Sub(hn::LoadU(tag, gradient + i), hn::Set(tag, centre));
    const auto flow = hn::Mul(hn::LoadU(tag, ratios + i), centred);
    if (kept_gradient != nullptr) {
      const auto one = hn::Set(tag, 1.0F);
      const auto dropped = hn::Sub(one, hn::LoadU(tag, row.kept + i));
      const auto of_mask =
          row.gradient_of_return ? hn::Div(flow, hn::MulAdd(hn::LoadU(tag, ratios + i), dropped, one)) : flow;
      hn::StoreU(hn::Add(hn::LoadU(tag, kept_gradient + i), of_mask), tag, kept_gradient + i);
    }
    const auto factor = hn::Mul(hn::LoadU(tag, row.kept + i), hn::Set(tag, row.scale));
    hn::StoreU(hn::Mul(flow, factor), tag, gradient + i);
  });
}

float CrossEntropyRow(std::span<const float> logits, std::size_t target, float* gradient) {
  const hn::ScalableTag<float> vector;
  const std::size_t lanes = hn::Lanes(vector);
  auto best = hn::Set(vector, -INFINITY);
  std::size_t i = 0;
  for (; i + lanes <= logits.size(); i += lanes) best = hn::Max(best, hn::LoadU(vector, &logits[i]));
  float largest = hn::GetLane(hn::MaxOfLanes(vector, best));
  for (; i < logits.size(); ++i) largest = std::max(largest, logits[i]);
  const float total = SumOver(logits.size(), [&](auto tag, std::size_t j) HWY_ATTR {
    const auto e = hn::CallExp(tag, hn::Sub(hn::LoadU(tag, &logits[j]), hn::Set(tag, largest)));
    if (gradient != nullptr) hn::StoreU(e, tag, gradient + j);
    return e;
  });
  if (gradient != nullptr) {
    const float inverse = 1.0F / total;
    ForLanes(logits.size(), [&](auto tag, std::size_t j) HWY_ATTR {
      hn::StoreU(hn::Mul(hn::LoadU(tag, gradient + j), hn::Set(tag, inverse)), tag, gradient + j);
    });
    gradient[target] -= 1.0F;
  }
  return std::log(total) + largest - logits[target];
}

void AdamWUpdate(const AdamWRange& range, const AdamWCoefficients& c) {
  ForLanes(range.count, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto gradient = hn::LoadU(tag, range.gradient + i);
    auto first = hn::Mul(hn::LoadU(tag, range.first_moment + i), hn::Set(tag, c.beta1));
    first = hn::MulAdd(gradient, hn::Set(tag, 1.0F - c.beta1), first);
    auto second = hn::Mul(hn::LoadU(tag, range.second_moment + i), hn::Set(tag, c.beta2));
    second = hn::MulAdd(hn::Mul(gradient, gradient), hn::Set(tag, 1.0F - c.beta2), second);
    hn::StoreU(first, tag, range.first_moment + i);
    hn::StoreU(second, tag, range.second_moment + i);
    const auto update = hn::Div(first, hn::Add(hn::Sqrt(second), hn::Set(tag, c.epsilon)));
    const auto weight = hn::NegMulAdd(update, hn::Set(tag, c.step_size), hn::LoadU(tag, range.weight + i));
    hn::StoreU(hn::Mul(weight, hn::Set(tag, c.decay_factor)), tag, range.weight + i);
  });
}

/// Late updates of `kVectors` vectors from `i` on, so that their chains of operations overlap.
template <std::size_t kVectors, class Tag>
HWY_INLINE void ReplayBlock(Tag tag, const AdamWRange& range, std::size_t at,
                            std::span<const AdamWCoefficients> steps, std::size_t declining) {
  // A quarter of the smallest distance between a number and its neighbours, as a share of it.
  const auto no_change = hn::Set(tag, 1.0F / (1 << 26));
  const std::size_t lanes = hn::Lanes(tag);
  hn::Vec<Tag> weight[kVectors], first[kVectors], second[kVectors];
  for (std::size_t n = 0; n < kVectors; ++n) {
    weight[n] = hn::LoadU(tag, range.weight + at + n * lanes);
    first[n] = hn::LoadU(tag, range.first_moment + at + n * lanes);
    second[n] = hn::LoadU(tag, range.second_moment + at + n * lanes);
  }
  std::size_t step = 0;
  for (bool moving = true; moving && step < steps.size(); ++step) {
    const AdamWCoefficients& c = steps[step];
    bool still = step >= declining;
    for (std::size_t n = 0; n < kVectors; ++n) {
      first[n] = hn::Mul(first[n], hn::Set(tag, c.beta1));
      second[n] = hn::Mul(second[n], hn::Set(tag, c.beta2));
      const auto update = hn::Div(first[n], hn::Add(hn::Sqrt(second[n]), hn::Set(tag, c.epsilon)));
      const auto size = hn::Abs(hn::Mul(update, hn::Set(tag, c.step_size)));
      still = still && hn::AllTrue(tag, hn::Le(size, hn::Mul(hn::Abs(weight[n]), no_change)));
      weight[n] = hn::NegMulAdd(update, hn::Set(tag, c.step_size), weight[n]);
      weight[n] = hn::Mul(weight[n], hn::Set(tag, c.decay_factor));
    }
    moving = !still;
  }
  for (; step < steps.size(); ++step) {
    const AdamWCoefficients& c = steps[step];
    for (std::size_t n = 0; n < kVectors; ++n) {
      first[n] = hn::Mul(first[n], hn::Set(tag, c.beta1));
      second[n] = hn::Mul(second[n], hn::Set(tag, c.beta2));
      weight[n] = hn::Mul(weight[n], hn::Set(tag, c.decay_factor));
    }
  }
  for (std::size_t n = 0; n < kVectors; ++n) {
    hn::StoreU(weight[n], tag, range.weight + at + n * lanes);
    hn::StoreU(first[n], tag, range.first_moment + at + n * lanes);
    hn::StoreU(second[n], tag, range.second_moment + at + n * lanes);
  }
}

void ReplayAdamW(const AdamWRange& range, std::span<const AdamWCoefficients> steps, std::size_t declining) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  constexpr std::size_t kTogether = 4;
  const std::size_t lanes = hn::Lanes(vector);
  std::size_t i = 0;
  for (; i + kTogether * lanes <= range.count; i += kTogether * lanes)
    ReplayBlock<kTogether>(vector, range, i, steps, declining);
  for (; i + lanes <= range.count; i += lanes) ReplayBlock<1>(vector, range, i, steps, declining);
  for (; i < range.count; ++i) ReplayBlock<1>(single, range, i, steps, declining);
}

double SumOfSquares(std::span<const float> values) {
  // Short enough for sums in f32.
  constexpr std::size_t kPart = 4096;
  double total = 0;
  for (std::size_t begin = 0; begin < values.size(); begin += kPart) {
    const auto part = values.subspan(begin, std::min(kPart, values.size() - begin));
    total += static_cast<double>(SumOver(part.size(), [&](auto tag, std::size_t i) HWY_ATTR {
      const auto value = hn::LoadU(tag, &part[i]);
      return hn::Mul(value, value);
    }));
  }
  return total;
}

void ScaleRange(std::span<float> values, float factor) {
  ForLanes(values.size(), [&](auto tag, std::size_t i) HWY_ATTR {
    hn::StoreU(hn::Mul(hn::LoadU(tag, &values[i]), hn::Set(tag, factor)), tag, &values[i]);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(DropoutRange);
HWY_EXPORT(SoftmaxRowForward);
HWY_EXPORT(SoftmaxRowBackward);
HWY_EXPORT(CrossEntropyRow);
HWY_EXPORT(AdamWUpdate);
HWY_EXPORT(ReplayAdamW);
HWY_EXPORT(SumOfSquares);
HWY_EXPORT(ScaleRange);

void dropout_range(std::span<const float> in, std::span<float> out, std::size_t first,
                   const DropoutRule& rule) {
  HWY_DYNAMIC_DISPATCH(DropoutRange)(in, out, first, rule);
}

void softmax_row(const SoftmaxRow& row, float* scores, float* weights) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRowForward)(row, scores, weights);
}

void softmax_row_backward(const SoftmaxRow& row, const float* ratios, float* gradient, float* weights,
                          float* kept_gradient) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRowBackward)(row, ratios, gradient, weights, kept_gradient);
}

float cross_entropy_row(std::span<const float> logits, std::size_t target, float* gradient) {
  return HWY_DYNAMIC_DISPATCH(CrossEntropyRow)(logits, target, gradient);
}

void adamw_range(const AdamWRange& range, const AdamWCoefficients& coefficients) {
  HWY_DYNAMIC_DISPATCH(AdamWUpdate)(range, coefficients);
}

void replay_adamw(const AdamWRange& range, std::span<const AdamWCoefficients> steps, std::size_t declining) {
  HWY_DYNAMIC_DISPATCH(ReplayAdamW)(range, steps, declining);
}

double sum_of_squares(std::span<const float> values) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquares)(values);
}

void scale_range(std::span<float> values, float factor) {
  HWY_DYNAMIC_DISPATCH(ScaleRange)(values, factor);
}

}  // namespace transkimmer
#endif
