#include "runtime/kernels.h"

// foreach_target.h includes this file once per instruction set and must come before highway.h.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "runtime/kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

#include "base/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Abramowitz and Stegun 7.1.26: |error| <= 1.5e-7, below what float arithmetic adds around it.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  const V magnitude = hn::Abs(x);
  const V t = hn::Div(hn::Set(d, 1.0f), hn::MulAdd(hn::Set(d, 0.3275911f), magnitude, hn::Set(d, 1.0f)));
  V polynomial = hn::Set(d, 1.061405429f);
  polynomial = hn::MulAdd(polynomial, t, hn::Set(d, -1.453152027f));
  polynomial = hn::MulAdd(polynomial, t, hn::Set(d, 1.421413741f));
  polynomial = hn::MulAdd(polynomial, t, hn::Set(d, -0.284496736f));
  polynomial = hn::MulAdd(polynomial, t, hn::Set(d, 0.254829592f));
  const V tail = hn::Mul(hn::Mul(polynomial, t), hn::Exp(d, hn::Neg(hn::Mul(magnitude, magnitude))));
  return hn::CopySign(hn::Sub(hn::Set(d, 1.0f), tail), x);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  constexpr float kInverseSqrt2 = 0.70710678118654752f;
  const V half = hn::Mul(hn::Set(d, 0.5f), x);
  return hn::MulAdd(half, Erf(d, hn::Mul(x, hn::Set(d, kInverseSqrt2))), half);
}

struct Moments {
  float mean;
  float inverse_deviation;
};

/// Two passes: the one-pass formula loses all digits when the mean is large against the deviation.
HWY_INLINE Moments RowMoments(const float* x, std::size_t columns, float epsilon) {
  const float count = static_cast<float>(columns);
  const float mean =
      SumOver(columns, [&](auto d, std::size_t i) HWY_ATTR { return hn::LoadU(d, x + i); }) / count;
  const float variance = SumOver(columns,
                                 [&](auto d, std::size_t i) HWY_ATTR {
                                   const auto centred = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
                                   return hn::Mul(centred, centred);
                                 }) /
                         count;
  return {mean, 1.0f / std::sqrt(variance + epsilon)};
}

HWY_INLINE void NormalizeRow(const NormWeights& norm, std::size_t columns, float* x) {
  const Moments moments = RowMoments(x, columns, norm.epsilon);
  ForLanes(columns, [&](auto d, std::size_t i) HWY_ATTR {
    const auto scaled = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, moments.mean)),
                                hn::Set(d, moments.inverse_deviation));
    hn::StoreU(hn::MulAdd(scaled, hn::LoadU(d, norm.gamma + i), hn::LoadU(d, norm.beta + i)), d, x + i);
  });
}

void AddLayerNorm(const float* x, const float* residual, const NormWeights& norm, RowShape shape,
                  float* out) {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const std::size_t start = row * shape.columns;
    ForLanes(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
      hn::StoreU(hn::Add(hn::LoadU(d, x + start + i), hn::LoadU(d, residual + start + i)), d,
                 out + start + i);
    });
    NormalizeRow(norm, shape.columns, out + start);
  }
}

void NormalizeRows(const float* x, float epsilon, RowShape shape, float* out) {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const float* in = x + row * shape.columns;
    float* normalized = out + row * shape.columns;
    const Moments moments = RowMoments(in, shape.columns, epsilon);
    ForLanes(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
      const auto centred = hn::Sub(hn::LoadU(d, in + i), hn::Set(d, moments.mean));
      hn::StoreU(hn::Mul(centred, hn::Set(d, moments.inverse_deviation)), d, normalized + i);
    });
  }
}

void SkimMargins(const float* x, const SkimDecision& decision, RowShape shape, float* out) {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const float* in = x + row * shape.columns;
    const Moments moments = RowMoments(in, shape.columns, decision.norm.epsilon);
    const float sum = SumOver(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
      const auto scaled = hn::Mul(hn::Sub(hn::LoadU(d, in + i), hn::Set(d, moments.mean)),
                                  hn::Set(d, moments.inverse_deviation));
      const auto affine =
          hn::MulAdd(scaled, hn::LoadU(d, decision.norm.gamma + i), hn::LoadU(d, decision.norm.beta + i));
      return hn::Mul(Gelu(d, affine), hn::LoadU(d, decision.weight + i));
    });
    out[row] = sum + decision.bias;
  }
}

void Embed(const EmbeddingRow& row, const NormWeights& norm, std::size_t columns, float* out) {
  ForLanes(columns, [&](auto d, std::size_t i) HWY_ATTR {
    const auto sum = hn::Add(hn::LoadU(d, row.word + i), hn::LoadU(d, row.type + i));
    hn::StoreU(hn::Add(sum, hn::LoadU(d, row.position + i)), d, out + i);
  });
  NormalizeRow(norm, columns, out);
}

void TanhInPlace(float* x, std::size_t count) {
  ForLanes(count,
           [&](auto d, std::size_t i) HWY_ATTR { hn::StoreU(hn::Tanh(d, hn::LoadU(d, x + i)), d, x + i); });
}

const char* TargetName() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(AddLayerNorm);
HWY_EXPORT(NormalizeRows);
HWY_EXPORT(SkimMargins);
HWY_EXPORT(Embed);
HWY_EXPORT(TanhInPlace);
HWY_EXPORT(TargetName);

void add_layer_norm(const float* x, const float* residual, const NormWeights& norm, RowShape shape,
                    float* out) {
  HWY_DYNAMIC_DISPATCH(AddLayerNorm)(x, residual, norm, shape, out);
}

void normalize_rows(const float* x, float epsilon, RowShape shape, float* out) {
  HWY_DYNAMIC_DISPATCH(NormalizeRows)(x, epsilon, shape, out);
}

void skim_margins(const float* x, const SkimDecision& decision, RowShape shape, float* out) {
  HWY_DYNAMIC_DISPATCH(SkimMargins)(x, decision, shape, out);
}

void embed(const EmbeddingRow& row, const NormWeights& norm, std::size_t columns, float* out) {
  HWY_DYNAMIC_DISPATCH(Embed)(row, norm, columns, out);
}

void tanh_in_place(float* x, std::size_t count) {
  HWY_DYNAMIC_DISPATCH(TanhInPlace)(x, count);
}

const char* simd_target() {
  return HWY_DYNAMIC_DISPATCH(TargetName)();
}

}  // namespace transkimmer
#endif  // HWY_ONCE
