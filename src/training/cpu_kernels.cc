#include "training/cpu_kernels.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "training/cpu_kernels.cc"
// Highway's order, in which the second includes this file again.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

#include "base/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A skimmed key may score higher than every kept one; its ratio is cut before exp overflows f32 (at 88.7).
constexpr float kLargestLogRatio = 60.0F;

/// 1 / (1 - p) for elements that dropout spares, else 0.
class DropoutScale {
 public:
  explicit DropoutScale(const DropoutRule& rule)
      : low_(static_cast<std::uint32_t>(rule.seed)),
        high_(static_cast<std::uint32_t>(rule.seed >> 32)),
        threshold_(static_cast<std::int32_t>(rule.probability * 2147483648.0)),
        scale_(1.0F / (1.0F - rule.probability)) {}

  template <class Tag>
  HWY_INLINE hn::Vec<Tag> operator()(Tag tag, std::size_t index) const {
    const hn::RebindToUnsigned<Tag> unsigned_tag;
    const hn::RebindToSigned<Tag> signed_tag;
    auto x = hn::Iota(unsigned_tag, static_cast<std::uint32_t>(index));
    // Two rounds of multiply and shift, after Wellons' search for 32-bit mixers with low bias.
    x = hn::Xor(hn::Mul(x, hn::Set(unsigned_tag, 0x9e3779b1U)), hn::Set(unsigned_tag, low_));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<16>(x)), hn::Set(unsigned_tag, 0x7feb352dU));
    x = hn::Xor(x, hn::Set(unsigned_tag, high_));
    x = hn::Mul(hn::Xor(x, hn::ShiftRight<15>(x)), hn::Set(unsigned_tag, 0x846ca68bU));
    x = hn::ShiftRight<1>(hn::Xor(x, hn::ShiftRight<16>(x)));
    const auto spared = hn::Gt(hn::BitCast(signed_tag, x), hn::Set(signed_tag, threshold_));
    return hn::IfThenElseZero(hn::RebindMask(tag, spared), hn::Set(tag, scale_));
  }

 private:
  std::uint32_t low_, high_;
  std::int32_t threshold_;
  float scale_;
};

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
      hn::StoreU(hn::Add(hn::LoadU(tag, kept_gradient + i), flow), tag, kept_gradient + i);
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

}  // namespace transkimmer
#endif
