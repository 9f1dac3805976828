#include "training/kernels/layer_kernels.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "training/kernels/layer_kernels.cc"
// Highway's order, in which the second includes this file again.
// clang-format off
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on

#include "compute/kernels/float_math-inl.h"
#include "compute/kernels/lanes-inl.h"
#include "training/kernels/dropout-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {
namespace {

template <class Tag>
HWY_INLINE void StoreOperand(Tag tag, hn::Vec<Tag> value, const OperandTarget& out, std::size_t i) {
  if (out.floats != nullptr) hn::StoreU(value, tag, out.floats + i);
  if (out.rounded != nullptr) StoreRounded(tag, value, out.rounded + i);
}

template <class Tag>
HWY_INLINE void AddTo(Tag tag, hn::Vec<Tag> value, float* sums, std::size_t i) {
  hn::StoreU(hn::Add(hn::LoadU(tag, sums + i), value), tag, sums + i);
}

/// The factors of dropout for one row.
class RowScale {
 public:
  RowScale(const ResidualNorm& norm, std::size_t row)
      : scale_(norm.dropout.rule),
        dropping_(norm.dropout.rule.probability > 0),
        first_(dropping_ ? static_cast<std::size_t>(norm.dropout.places[row]) * norm.columns : 0) {}

  template <class Tag>
  HWY_INLINE hn::Vec<Tag> Apply(Tag tag, hn::Vec<Tag> value, std::size_t i) const {
    return dropping_ ? hn::Mul(value, scale_(tag, first_ + i)) : value;
  }

 private:
  DropoutScale scale_;
  bool dropping_;
  std::size_t first_;
};

void NormalizeRow(const ResidualNorm& norm, const NormForward& io, std::size_t row) {
  const std::size_t columns = norm.columns, begin = row * columns;
  const auto count = static_cast<float>(columns);
  const RowScale scale(norm, row);
  float* const out = io.out + begin;
  const float sum = SumOver(columns, [&](auto tag, std::size_t i) HWY_ATTR {
    auto value = scale.Apply(tag, hn::LoadU(tag, io.x + begin + i), i);
    if (io.residual != nullptr) value = hn::Add(value, hn::LoadU(tag, io.residual + begin + i));
    hn::StoreU(value, tag, out + i);
    return value;
  });
  const float mean = sum / count;
  const float squares = SumOver(columns, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto centred = hn::Sub(hn::LoadU(tag, out + i), hn::Set(tag, mean));
    return hn::Mul(centred, centred);
  });
  const float inverse = 1.0F / std::sqrt(squares / count + norm.epsilon);
  if (io.inverse_deviation != nullptr) io.inverse_deviation[row] = inverse;
  ForLanes(columns, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto normal = hn::Mul(hn::Sub(hn::LoadU(tag, out + i), hn::Set(tag, mean)), hn::Set(tag, inverse));
    if (io.normal != nullptr) hn::StoreU(normal, tag, io.normal + begin + i);
    const auto value = hn::MulAdd(normal, hn::LoadU(tag, norm.gamma + i), hn::LoadU(tag, norm.beta + i));
    StoreOperand(tag, value, {out, io.rounded != nullptr ? io.rounded + begin : nullptr}, i);
  });
}

void NormalizeRows(const ResidualNorm& norm, const NormForward& io) {
  for (std::size_t row = 0; row < norm.rows; ++row) NormalizeRow(norm, io, row);
}

/// The means over a row of g = gradient * gamma and of g * normal.
struct RowMeans {
  float gradient, projection;
};

HWY_INLINE RowMeans MeansOf(const ResidualNorm& norm, const float* gradient, const float* normal) {
  const auto flow = [&](auto tag, std::size_t i) HWY_ATTR {
    return hn::Mul(hn::LoadU(tag, gradient + i), hn::LoadU(tag, norm.gamma + i));
  };
  const float sum = SumOver(norm.columns, flow);
  const float projection = SumOver(norm.columns, [&](auto tag, std::size_t i) HWY_ATTR {
    return hn::Mul(flow(tag, i), hn::LoadU(tag, normal + i));
  });
  const auto count = static_cast<float>(norm.columns);
  return {sum / count, projection / count};
}

void NormalizeRowBackward(const ResidualNorm& norm, const NormBackward& io, std::size_t row) {
  const std::size_t begin = row * norm.columns;
  const float* const gradient = io.gradient + begin;
  const float* const normal = io.normal + begin;
  const RowScale scale(norm, row);
  const RowMeans means = MeansOf(norm, gradient, normal);
  const bool wanted = io.x_gradient.floats != nullptr || io.x_gradient.rounded != nullptr;
  ForLanes(norm.columns, [&](auto tag, std::size_t i) HWY_ATTR {
    const auto given = hn::LoadU(tag, gradient + i);
    const auto position = hn::LoadU(tag, normal + i);
    AddTo(tag, hn::Mul(given, position), io.gamma_sum, i);
    AddTo(tag, given, io.beta_sum, i);
    auto flow = hn::Sub(hn::Mul(given, hn::LoadU(tag, norm.gamma + i)), hn::Set(tag, means.gradient));
    flow = hn::NegMulAdd(position, hn::Set(tag, means.projection), flow);
    flow = hn::Mul(flow, hn::Set(tag, io.inverse_deviation[row]));
    hn::StoreU(flow, tag, io.residual_gradient + begin + i);
    if (!wanted) return;
    const auto dropped = scale.Apply(tag, flow, i);
    StoreOperand(tag, dropped, io.x_gradient, begin + i);
    if (io.x_sum != nullptr) AddTo(tag, dropped, io.x_sum, i);
  });
}

void NormalizeRowsBackward(const ResidualNorm& norm, const NormBackward& io) {
  for (std::size_t row = 0; row < norm.rows; ++row) NormalizeRowBackward(norm, io, row);
}

template <class Function>
HWY_INLINE void MapValues(const float* in, std::size_t count, const OperandTarget& out,
                          const Function& function) {
  ForLanes(count, [&](auto tag, std::size_t i)
                      HWY_ATTR { StoreOperand(tag, function(tag, hn::LoadU(tag, in + i)), out, i); });
}

void ActivateValues(Activation activation, const float* in, std::size_t count, const OperandTarget& out) {
  const auto map = [&](const auto& function) HWY_ATTR { MapValues(in, count, out, function); };
  switch (activation) {
    case Activation::none:
      return map([](auto, auto x) HWY_ATTR { return x; });
    case Activation::gelu:
      return map([](auto tag, auto x) HWY_ATTR { return Gelu(tag, x); });
    case Activation::tanh:
      return map([](auto tag, auto x) HWY_ATTR { return hn::Tanh(tag, x); });
    case Activation::relu:
      return map([](auto tag, auto x) HWY_ATTR { return Relu(tag, x); });
    case Activation::gelu_tanh:
      return map([](auto tag, auto x) HWY_ATTR { return GeluTanh(tag, x); });
    case Activation::silu:
      return map([](auto tag, auto x) HWY_ATTR { return Silu(tag, x); });
  }
}

/// d/dx x Phi(x) = Phi(x) + x phi(x), of the normal distribution.
template <class Tag>
HWY_INLINE hn::Vec<Tag> GeluSlope(Tag tag, hn::Vec<Tag> x) {
  constexpr float kInverseSqrt2 = 0.70710678118654752F;
  constexpr float kInverseSqrt2Pi = 0.39894228040143268F;
  const auto half = hn::Set(tag, 0.5F);
  const auto distribution = hn::MulAdd(half, Erf(tag, hn::Mul(x, hn::Set(tag, kInverseSqrt2))), half);
  const auto density = hn::CallExp(tag, hn::Mul(hn::Mul(x, x), hn::Set(tag, -0.5F)));
  return hn::MulAdd(hn::Mul(x, hn::Set(tag, kInverseSqrt2Pi)), density, distribution);
}

/// d/dx x s(z) = s + x s (1 - s) z', s the sigmoid; `slope` is z'.
template <class Tag>
HWY_INLINE hn::Vec<Tag> GatedSlope(Tag tag, hn::Vec<Tag> x, hn::Vec<Tag> z, hn::Vec<Tag> slope) {
  const auto gate = Sigmoid(tag, z);
  const auto bend = hn::Mul(gate, hn::Sub(hn::Set(tag, 1.0F), gate));
  return hn::MulAdd(hn::Mul(x, slope), bend, gate);
}

/// z of GeluTanh is kTanhLinear x + kTanhCubic x^3.
template <class Tag>
HWY_INLINE hn::Vec<Tag> GeluTanhSlope(Tag tag, hn::Vec<Tag> x) {
  const auto square = hn::Mul(x, x), linear = hn::Set(tag, kTanhLinear);
  const auto z = hn::Mul(x, hn::MulAdd(square, hn::Set(tag, kTanhCubic), linear));
  return GatedSlope(tag, x, z, hn::MulAdd(square, hn::Set(tag, 3 * kTanhCubic), linear));
}

template <class Tag>
HWY_INLINE hn::Vec<Tag> TanhSlope(Tag tag, hn::Vec<Tag> x) {
  const auto value = hn::Tanh(tag, x);
  return hn::NegMulAdd(value, value, hn::Set(tag, 1.0F));
}

template <class Function>
HWY_INLINE void MapRowsBackward(const ActivationRows& rows, const OperandTarget& out, float* column_sum,
                                const Function& slope) {
  for (std::size_t row = 0; row < rows.rows; ++row) {
    const std::size_t begin = row * rows.columns;
    ForLanes(rows.columns, [&](auto tag, std::size_t i) HWY_ATTR {
      const auto flow =
          hn::Mul(slope(tag, hn::LoadU(tag, rows.in + begin + i)), hn::LoadU(tag, rows.gradient + begin + i));
      StoreOperand(tag, flow, out, begin + i);
      AddTo(tag, flow, column_sum, i);
    });
  }
}

void ActivateBackwardRows(Activation activation, const ActivationRows& rows, const OperandTarget& out,
                          float* column_sum) {
  const auto map = [&](const auto& slope) HWY_ATTR { MapRowsBackward(rows, out, column_sum, slope); };
  switch (activation) {
    case Activation::none:
      return map([](auto tag, auto) HWY_ATTR { return hn::Set(tag, 1.0F); });
    case Activation::gelu:
      return map([](auto tag, auto x) HWY_ATTR { return GeluSlope(tag, x); });
    case Activation::tanh:
      return map([](auto tag, auto x) HWY_ATTR { return TanhSlope(tag, x); });
    case Activation::relu:
      return map([](auto tag, auto x)
                     HWY_ATTR { return hn::IfThenElseZero(hn::Gt(x, hn::Zero(tag)), hn::Set(tag, 1.0F)); });
    case Activation::gelu_tanh:
      return map([](auto tag, auto x) HWY_ATTR { return GeluTanhSlope(tag, x); });
    case Activation::silu:
      return map([](auto tag, auto x) HWY_ATTR { return GatedSlope(tag, x, x, hn::Set(tag, 1.0F)); });
  }
}

void SumRows(const float* in, std::size_t rows, std::size_t columns, Bf16* rounded, float* column_sum) {
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t begin = row * columns;
    ForLanes(columns, [&](auto tag, std::size_t i) HWY_ATTR {
      const auto value = hn::LoadU(tag, in + begin + i);
      if (rounded != nullptr) StoreRounded(tag, value, rounded + begin + i);
      AddTo(tag, value, column_sum, i);
    });
  }
}

void RoundValues(std::span<const float> in, Bf16* out) {
  ForLanes(in.size(), [&](auto tag, std::size_t i)
                          HWY_ATTR { StoreRounded(tag, hn::LoadU(tag, in.data() + i), out + i); });
}

/// `kRows` rows by `kVectors` vectors of the product, from row i and column j.
template <std::size_t kRows, std::size_t kVectors, class Tag>
HWY_INLINE void MultiplyBlock(Tag tag, const SmallProduct& p, std::size_t i, std::size_t j) {
  const std::size_t lanes = hn::Lanes(tag);
  hn::Vec<Tag> sums[kRows][kVectors];
  for (auto& row : sums)
    for (auto& sum : row) sum = hn::Zero(tag);
  const float* a = p.a + i * p.a_row;
  const float* b = p.b + j;
  for (std::size_t k = 0; k < p.inner; ++k, a += p.a_inner, b += p.b_row) {
    hn::Vec<Tag> columns[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) columns[v] = hn::LoadU(tag, b + v * lanes);
    for (std::size_t r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(tag, a[r * p.a_row]);
      for (std::size_t v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(factor, columns[v], sums[r][v]);
    }
  }
  for (std::size_t r = 0; r < kRows; ++r)
    for (std::size_t v = 0; v < kVectors; ++v)
      hn::StoreU(sums[r][v], tag, p.out + (i + r) * p.out_row + j + v * lanes);
}

/// All rows of the columns that `kVectors` vectors hold from column j.
template <std::size_t kVectors, class Tag>
HWY_INLINE void MultiplyColumns(Tag tag, const SmallProduct& p, std::size_t j) {
  std::size_t i = 0;
  for (; i + 8 <= p.rows; i += 8) MultiplyBlock<8, kVectors>(tag, p, i, j);
  if (i + 4 <= p.rows) {
    MultiplyBlock<4, kVectors>(tag, p, i, j);
    i += 4;
  }
  for (; i < p.rows; ++i) MultiplyBlock<1, kVectors>(tag, p, i, j);
}

void MultiplySmall(const SmallProduct& p) {
  const hn::ScalableTag<float> vector;
  const hn::CappedTag<float, 1> single;
  const std::size_t lanes = hn::Lanes(vector);
  std::size_t j = 0;
  for (; j + 2 * lanes <= p.columns; j += 2 * lanes) MultiplyColumns<2>(vector, p, j);
  if (j + lanes <= p.columns) {
    MultiplyColumns<1>(vector, p, j);
    j += lanes;
  }
  for (; j < p.columns; ++j) MultiplyColumns<1>(single, p, j);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(NormalizeRows);
HWY_EXPORT(NormalizeRowsBackward);
HWY_EXPORT(ActivateValues);
HWY_EXPORT(ActivateBackwardRows);
HWY_EXPORT(SumRows);
HWY_EXPORT(RoundValues);
HWY_EXPORT(MultiplySmall);

void normalize_rows(const ResidualNorm& norm, const NormForward& io) {
  HWY_DYNAMIC_DISPATCH(NormalizeRows)(norm, io);
}

void normalize_rows_backward(const ResidualNorm& norm, const NormBackward& io) {
  HWY_DYNAMIC_DISPATCH(NormalizeRowsBackward)(norm, io);
}

void activate_values(Activation activation, const float* in, std::size_t count, const OperandTarget& out) {
  HWY_DYNAMIC_DISPATCH(ActivateValues)(activation, in, count, out);
}

void activate_backward_rows(Activation activation, const ActivationRows& rows, const OperandTarget& out,
                            float* column_sum) {
  HWY_DYNAMIC_DISPATCH(ActivateBackwardRows)(activation, rows, out, column_sum);
}

void sum_rows(const float* in, std::size_t rows, std::size_t columns, Bf16* rounded, float* column_sum) {
  HWY_DYNAMIC_DISPATCH(SumRows)(in, rows, columns, rounded, column_sum);
}

void round_values(std::span<const float> in, Bf16* out) {
  HWY_DYNAMIC_DISPATCH(RoundValues)(in, out);
}

void multiply_small(const SmallProduct& product) {
  HWY_DYNAMIC_DISPATCH(MultiplySmall)(product);
}

}  // namespace transkimmer
#endif
