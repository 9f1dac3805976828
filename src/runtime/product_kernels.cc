#include "runtime/kernels.h"

// foreach_target.h includes this file once per instruction set and must come before highway.h.
// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "runtime/product_kernels.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "base/lanes-inl.h"
#include "runtime/row_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace transkimmer {
namespace HWY_NAMESPACE {

/// out = function(values of the product).
template <class Function>
HWY_INLINE void MapProduct(const ProductRows& product, RowShape shape, float* out, const Function& function) {
  const auto map = [&](const auto& rows) HWY_ATTR {
    for (std::size_t row = 0; row < shape.rows; ++row) {
      float* const to = out + row * product.stride;
      ForLanes(shape.columns, [&](auto d, std::size_t i)
                                  HWY_ATTR { hn::StoreU(function(d, rows.Load(d, row, i)), d, to + i); });
    }
  };
  if (product.row_scales != nullptr) {
    map(SumRows(product));
  } else {
    map(FloatRows(product));
  }
}

void FloatsOfProduct(const ProductRows& product, RowShape shape, float* out) {
  MapProduct(product, shape, out, [](auto, auto value) HWY_ATTR { return value; });
}

void GeluOfProduct(const ProductRows& product, RowShape shape, float* out) {
  MapProduct(product, shape, out, [](auto d, auto value) HWY_ATTR { return Gelu(d, value); });
}

void WriteOperand(const float* x, std::size_t rows, const OperandRows& operand) {
  for (std::size_t row = 0; row < rows; ++row) WriteOperandRow(x + row * operand.columns, row, operand);
}

}  // namespace HWY_NAMESPACE
}  // namespace transkimmer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace transkimmer {

HWY_EXPORT(FloatsOfProduct);
HWY_EXPORT(GeluOfProduct);
HWY_EXPORT(WriteOperand);

void floats_of_product(const ProductRows& product, RowShape shape, float* out) {
  HWY_DYNAMIC_DISPATCH(FloatsOfProduct)(product, shape, out);
}

void gelu_of_product(const ProductRows& product, RowShape shape, float* out) {
  HWY_DYNAMIC_DISPATCH(GeluOfProduct)(product, shape, out);
}

void write_operand(const float* x, std::size_t rows, const OperandRows& operand) {
  HWY_DYNAMIC_DISPATCH(WriteOperand)(x, rows, operand);
}

}  // namespace transkimmer
#endif  // HWY_ONCE
