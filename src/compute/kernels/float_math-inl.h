// Mathematical functions of vectors of floats, and floats as bf16, for inclusion by kernels compiled once per
// instruction set.

#if defined(TRANSKIMMER_COMPUTE_FLOAT_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef TRANSKIMMER_COMPUTE_FLOAT_MATH_INL_H_
#undef TRANSKIMMER_COMPUTE_FLOAT_MATH_INL_H_
#else
#define TRANSKIMMER_COMPUTE_FLOAT_MATH_INL_H_
#endif

#include <initializer_list>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "base/bf16.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// A polynomial in u by its coefficients, that of the highest power first.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Polynomial(D d, V u, float highest, std::initializer_list<float> others) {
  V value = hn::Set(d, highest);
  for (const float coefficient : others) value = hn::MulAdd(value, u, hn::Set(d, coefficient));
  return value;
}

/// A rational function of x^2, times x, fitted to erf by weighted least squares until the errors were level:
/// at most 1.5e-8 on [0, kErfIsOne], far below what float arithmetic adds to it. Beyond, erf is 1 to 3.5e-8.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Erf(D d, V x) {
  constexpr float kErfIsOne = 3.9f;
  const V bounded = hn::Clamp(x, hn::Set(d, -kErfIsOne), hn::Set(d, kErfIsOne));
  const V u = hn::Mul(bounded, bounded);
  const V numerator =
      Polynomial(d, u, 2.050384865e-6f,
                 {2.874579804e-4f, 3.836900927e-3f, 5.29669933e-2f, 1.919415593e-1f, 1.128378987f});
  const V denominator = Polynomial(
      d, u, 3.823075531e-5f, {1.181740896e-3f, 1.510925312e-2f, 1.147584319e-1f, 5.034355521e-1f, 1.0f});
  return hn::Div(hn::Mul(bounded, numerator), denominator);
}

/// x times the normal distribution function, by Erf (torch.nn.functional.gelu).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Gelu(D d, V x) {
  constexpr float kInverseSqrt2 = 0.70710678118654752f;
  const V half = hn::Mul(hn::Set(d, 0.5f), x);
  return hn::MulAdd(half, Erf(d, hn::Mul(x, hn::Set(d, kInverseSqrt2))), half);
}

/// 1 / (1 + exp(-x)), 0 or 1 to 1e-38 beyond +-kBound, where exp would leave the range of floats.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Sigmoid(D d, V x) {
  constexpr float kBound = 87.0f;
  const V one = hn::Set(d, 1.0f);
  const V power = hn::Clamp(hn::Neg(x), hn::Set(d, -kBound), hn::Set(d, kBound));
  return hn::Div(one, hn::Add(one, hn::Exp(d, power)));
}

/// x times the sigmoid of x (torch.nn.functional.silu).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Silu(D d, V x) {
  return hn::Mul(x, Sigmoid(d, x));
}

/// GELU's approximation is x times the sigmoid of x (kTanhLinear + kTanhCubic x^2), as (1 + tanh u) / 2 is
/// the sigmoid of 2 u: twice the square root of 2 / pi, and that times 0.044715.
constexpr float kTanhLinear = 1.5957691216057308f, kTanhCubic = 0.07135481627159823f;

/// torch.nn.functional.gelu(x, approximate="tanh").
template <class D, class V = hn::Vec<D>>
HWY_INLINE V GeluTanh(D d, V x) {
  const V factor = hn::MulAdd(hn::Mul(x, x), hn::Set(d, kTanhCubic), hn::Set(d, kTanhLinear));
  return hn::Mul(x, Sigmoid(d, hn::Mul(x, factor)));
}

/// max(x, 0); not-a-number stays what it is.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V Relu(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
}

/// Stores the nearest bf16, ties to even; not-a-number stays what it is.
template <class D>
HWY_INLINE void StoreRounded(D /*d*/, hn::Vec<D> value, Bf16* out) {
  const hn::RebindToUnsigned<D> bits;
  const hn::Rebind<Bf16, D> halves;
  const auto whole = hn::BitCast(bits, value);
  const auto odd = hn::And(hn::ShiftRight<16>(whole), hn::Set(bits, 1u));
  const auto rounded = hn::Add(whole, hn::Add(odd, hn::Set(bits, 0x7FFFu)));
  const auto quiet = hn::Or(whole, hn::Set(bits, 0x400000u));
  const auto chosen = hn::IfThenElse(hn::RebindMask(bits, hn::IsNaN(value)), quiet, rounded);
  hn::StoreU(hn::TruncateTo(halves, hn::ShiftRight<16>(chosen)), halves, out);
}

/// As many floats as `d` has lanes; `x` needs no alignment.
template <class D>
HWY_INLINE hn::Vec<D> LoadFloats(D d, const float* x) {
  return hn::LoadU(d, x);
}

/// The same of bf16, whose values floats hold exactly.
template <class D>
HWY_INLINE hn::Vec<D> LoadFloats(D d, const Bf16* x) {
  const hn::RebindToUnsigned<D> bits;
  const hn::Rebind<Bf16, D> halves;
  return hn::BitCast(d, hn::ShiftLeft<16>(hn::PromoteTo(bits, hn::LoadU(halves, x))));
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#endif
