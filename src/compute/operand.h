#pragma once

#include <cstddef>
#include <cstdint>

#include "base/activation.h"
#include "base/bf16.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// Bytes of one value of an operand.
constexpr std::size_t operand_bytes(Precision precision) {
  switch (precision) {
    case Precision::bf16:
      return sizeof(Bf16);
    case Precision::int8:
      return sizeof(std::int8_t);
    default:
      return sizeof(float);
  }
}

/// The left operand of a matrix product, [rows, columns]: floats, bf16, or int8 with a scale for each row,
/// whose value is `value * scale`.
struct OperandRows {
  Precision precision = Precision::f32;
  void* values = nullptr;
  float* scales = nullptr;  ///< [rows] for int8
  std::size_t columns = 0;

  /// The same rows from `row` on.
  OperandRows from(std::size_t row) const {
    return {precision, static_cast<std::byte*>(values) + row * columns * operand_bytes(precision),
            scales == nullptr ? nullptr : scales + row, columns};
  }
};

/// Floats as an operand, read only.
inline OperandRows float_operand(const float* values, std::size_t columns) {
  return {Precision::f32, const_cast<float*>(values), nullptr, columns};
}

/// What a matrix kernel leaves, [rows, columns]: floats, or int8's sums, whose value is
/// `sum * row_scales[row] * column_scales[column] + bias[column]`.
struct RawProduct {
  const void* values = nullptr;          ///< float, or std::int32_t where row_scales is set
  const float* row_scales = nullptr;     ///< [rows]
  const float* column_scales = nullptr;  ///< [columns]
  const float* bias = nullptr;           ///< [columns]
};

/// Where a product's values go: some columns of a matrix.
struct ProductColumns {
  void* values = nullptr;  ///< float, or Bf16 where rounded is set
  std::size_t stride = 0;  ///< values between rows
  bool rounded = false;
};

}  // namespace transkimmer
