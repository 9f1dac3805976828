#include "compute/kernels/kernels.h"

// foreach_target.h includes this file once per instruction set and must come before highway.h.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/kernels/product_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "compute/kernels/lanes-inl.h"
#include "compute/kernels/row_math-inl.h"
#include "compute/usable_precision.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

/// The values of a product that are floats already.
struct Floats {
  explicit Floats(const RawProduct& product) : values(static_cast<const float*>(product.values)) {}

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V Load(D d, std::size_t /*row*/, std::size_t /*column*/, std::size_t i) const {
    return hn::LoadU(d, values + i);
  }

  const float* values;
};

/// The values of an int8 product.
struct ScaledSums {
  explicit ScaledSums(const RawProduct& sums)
      : product(sums), values(static_cast<const std::int32_t*>(sums.values)) {}

  template <class D, class V = hn::Vec<D>>
  HWY_INLINE V Load(D d, std::size_t row, std::size_t column, std::size_t i) const {
    const hn::Rebind<std::int32_t, D> integers;
    const V sum = hn::ConvertTo(d, hn::LoadU(integers, values + i));
    const V scaled = hn::Mul(sum, hn::Set(d, product.row_scales[row]));
    return hn::MulAdd(scaled, hn::LoadU(d, product.column_scales + column),
                      hn::LoadU(d, product.bias + column));
  }

  RawProduct product;
  const std::int32_t* values;
};

struct FloatsOut {
  static constexpr bool kRounds = false;

  template <class D>
  static HWY_INLINE void Store(D d, hn::Vec<D> value, void* out, std::size_t i) {
    hn::StoreU(value, d, static_cast<float*>(out) + i);
  }
};

struct RoundedOut {
  static constexpr bool kRounds = true;

  template <class D>
  static HWY_INLINE void Store(D d, hn::Vec<D> value, void* out, std::size_t i) {
    StoreRounded(d, value, static_cast<Bf16*>(out) + i);
  }
};

#if HWY_TARGET == HWY_AVX3
/// By the instruction of AVX-512 BF16, where StoreRounded takes nine. It makes zeros of subnormal numbers, as
/// the products do that read them.
struct NativelyRoundedOut : RoundedOut {
  using RoundedOut::Store;

  static HWY_INLINE void Store(hn::Full512<float> /*d*/, hn::Vec512<float> value, void* out, std::size_t i) {
    // Highway's target does not have the intrinsic.
    __m256i rounded;
    asm("vcvtneps2bf16 %1, %0" : "=v"(rounded) : "v"(value.raw));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(static_cast<Bf16*>(out) + i), rounded);
  }
};
#else
using NativelyRoundedOut = RoundedOut;
#endif

template <class Out, class Values, class Function>
HWY_INLINE void MapProduct(const Values& values, RowShape shape, const ProductColumns& out,
                           const Function& function) {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const std::size_t from = row * shape.columns, to = row * out.stride;
    ForLanes(shape.columns, [&](auto d, std::size_t i) HWY_ATTR {
      Out::Store(d, function(d, values.Load(d, row, i, from + i)), out.values, to + i);
    });
  }
}

template <class Out, class Values>
HWY_INLINE void FinishValues(const Values& values, RowShape shape, Activation activation,
                             const ProductColumns& out) {
  const auto map = [&](const auto& function) HWY_ATTR { MapProduct<Out>(values, shape, out, function); };
  switch (activation) {
    case Activation::none:
      return map([](auto, auto value) HWY_ATTR { return value; });
    case Activation::gelu:
      if constexpr (Out::kRounds) {
        return map([](auto d, auto value) HWY_ATTR { return GeluToBeRounded(d, value); });
      } else {
        return map([](auto d, auto value) HWY_ATTR { return Gelu(d, value); });
      }
    case Activation::tanh:
      return map([](auto d, auto value) HWY_ATTR { return hn::Tanh(d, value); });
    case Activation::relu:
      return map([](auto d, auto value) HWY_ATTR { return Relu(d, value); });
    case Activation::gelu_tanh:
      return map([](auto d, auto value) HWY_ATTR { return GeluTanh(d, value); });
    case Activation::silu:
      return map([](auto d, auto value) HWY_ATTR { return Silu(d, value); });
  }
}

template <class Out>
HWY_INLINE void FinishTo(const RawProduct& product, RowShape shape, Activation activation,
                         const ProductColumns& out) {
  if (product.row_scales != nullptr) {
    FinishValues<Out>(ScaledSums(product), shape, activation, out);
  } else {
    FinishValues<Out>(Floats(product), shape, activation, out);
  }
}

void FinishProduct(const RawProduct& product, RowShape shape, Activation activation,
                   const ProductColumns& out) {
  if (!out.rounded) return FinishTo<FloatsOut>(product, shape, activation, out);
  static const bool native = usable_precision(Precision::bf16) == Precision::bf16;
  if (native) return FinishTo<NativelyRoundedOut>(product, shape, activation, out);
  FinishTo<RoundedOut>(product, shape, activation, out);
}

void WriteOperand(const float* x, std::size_t rows, const OperandRows& operand) {
  for (std::size_t row = 0; row < rows; ++row) WriteOperandRow(x + row * operand.columns, row, operand);
}

void QuantizeRounded(const Bf16* x, std::size_t rows, const OperandRows& operand) {
  for (std::size_t row = 0; row < rows; ++row) QuantizeOperandRow(x + row * operand.columns, row, operand);
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(FinishProduct);
HWY_EXPORT(WriteOperand);
HWY_EXPORT(QuantizeRounded);

void finish_product(const RawProduct& product, RowShape shape, Activation activation,
                    const ProductColumns& out) {
  HWY_DYNAMIC_DISPATCH(FinishProduct)(product, shape, activation, out);
}

void write_operand(const float* x, std::size_t rows, const OperandRows& operand) {
  HWY_DYNAMIC_DISPATCH(WriteOperand)(x, rows, operand);
}

void quantize_rounded(const Bf16* x, std::size_t rows, const OperandRows& operand) {
  HWY_DYNAMIC_DISPATCH(QuantizeRounded)(x, rows, operand);
}

}  // namespace transkimmer
#endif  // HWY_ONCE
