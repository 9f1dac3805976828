// What row kernels share, for inclusion by files compiled once per instruction set: a rounder GELU, and the
// writing of a row as the operand of the next product.

#if defined(TRANSKIMMER_COMPUTE_ROW_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRANSKIMMER_COMPUTE_ROW_MATH_INL_H_
#undef TRANSKIMMER_COMPUTE_ROW_MATH_INL_H_
#else
#define TRANSKIMMER_COMPUTE_ROW_MATH_INL_H_
#endif

#include <cstring>
#include <initializer_list>

#include <hwy/highway.h>

#include "compute/kernels/float_math-inl.h"
#include "compute/kernels/lanes-inl.h"
#include "compute/kernels/quantization.h"
#include "compute/operand.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// GELU for results that bf16 rounds, in half the instructions: x times a polynomial for the normal
/// distribution, fitted like Erf, the last coefficient then moved in its last digits until float arithmetic
/// gives 0 and 1 at the bounds. Off by at most 4e-5, when bf16 is by 5e-4 at the minimum of the function and
/// by 4e-3 at 1.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluToBeRounded(D d, V x) {
  constexpr float kBound = 4.4f;
  const V bounded = hn::Clamp(x, hn::Set(d, -kBound), hn::Set(d, kBound));
  const V odd = Polynomial(d, hn::Mul(bounded, bounded), 3.569398321e-11f,
                           {-3.754022307e-9f, 1.740837722e-7f, -4.724849688e-6f, 8.429280887e-5f,
                            -1.054991149e-3f, 9.643023131e-3f, -6.607642157e-2f, 3.987621963e-1f});
  return hn::Mul(x, hn::MulAdd(bounded, odd, hn::Set(d, 0.5f)));
}

/// Stores a row of floats as bf16, see StoreRounded.
HWY_INLINE void RoundRow(const float* x, std::size_t columns, Bf16* out) {
  ForLanes(columns, [&](auto d, std::size_t i) HWY_ATTR { StoreRounded(d, hn::LoadU(d, x + i), out + i); });
}

/// The float of these bits.
inline float float_of(std::int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
/// The same of the bits of a bf16.
inline float float_of(std::int16_t bits) {
  return float_of(static_cast<std::int32_t>(bits) << 16);
}

/// The largest magnitude of a row of floats or bf16; not-a-number if one is in it, as its bits are larger
/// than all others'.
template <class Value>
HWY_INLINE float LargestMagnitude(const Value* x, std::size_t columns) {
  using Bits = hwy::MakeSigned<Value>;
  constexpr Bits kMagnitude = hwy::LimitsMax<Bits>();
  const hn::ScalableTag<Bits> d;
  const std::size_t lanes = hn::Lanes(d);
  auto most = hn::Zero(d);
  std::size_t i = 0;
  for (; i + lanes <= columns; i += lanes)
    most = hn::Max(most, hn::And(hn::LoadU(d, reinterpret_cast<const Bits*>(x + i)), hn::Set(d, kMagnitude)));
  // Highway has no maximum of 16-bit lanes.
  HWY_ALIGN Bits each[hn::MaxLanes(d)];
  hn::Store(most, d, each);
  Bits largest = 0;
  for (std::size_t lane = 0; lane < lanes; ++lane) largest = HWY_MAX(largest, each[lane]);
  for (; i < columns; ++i) {
    Bits single;
    std::memcpy(&single, x + i, sizeof single);
    largest = HWY_MAX(largest, static_cast<Bits>(single & kMagnitude));
  }
  return float_of(largest);
}

/// Symmetric int8; returns the scale. A row with a value that is not finite gets a scale that is not.
template <class Value>
HWY_INLINE float QuantizeRow(const Value* x, std::size_t columns, std::int8_t* out) {
  const float largest = LargestMagnitude(x, columns);
  if (largest < kSmallestQuantized) {
    std::memset(out, 0, columns);
    return 0.0f;
  }
  const float inverse = kLargestInt8 / largest;
  // Added to a small number this leaves the nearest whole number in the lowest bits.
  constexpr float kRounder = 3 << 22;
  ForLanes(columns, [&](auto d, std::size_t i) HWY_ATTR {
    const hn::Rebind<std::uint8_t, decltype(d)> bytes;
    const hn::RebindToUnsigned<decltype(d)> bits;
    const auto nearest = hn::MulAdd(LoadFloats(d, x + i), hn::Set(d, inverse), hn::Set(d, kRounder));
    hn::StoreU(hn::TruncateTo(bytes, hn::BitCast(bits, nearest)), bytes,
               reinterpret_cast<std::uint8_t*>(out) + i);
  });
  return largest / kLargestInt8;
}

/// Writes a row of floats or bf16 as row `row` of an int8 operand.
template <class Value>
HWY_INLINE void QuantizeOperandRow(const Value* x, std::size_t row, const OperandRows& operand) {
  operand.scales[row] =
      QuantizeRow(x, operand.columns, static_cast<std::int8_t*>(operand.values) + row * operand.columns);
}

/// Writes a row of floats as row `row` of an operand; for f32, which reads the floats themselves, nothing.
HWY_INLINE void WriteOperandRow(const float* x, std::size_t row, const OperandRows& operand) {
  if (operand.precision == Precision::bf16) {
    RoundRow(x, operand.columns, static_cast<Bf16*>(operand.values) + row * operand.columns);
  } else if (operand.precision == Precision::int8) {
    QuantizeOperandRow(x, row, operand);
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#endif
