#pragma once

#include <cstdint>

#include "training/kernels/layer_kernels.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

// Matrices as the products of a packed layer read them: f32 tensors, or in bf16, [rows, columns] without
// gaps.

/// Uninitialised.
Tensor allocate_operand(std::int64_t rows, std::int64_t columns, bool bf16);
/// x [rows, columns] f32 itself, or rounded.
Tensor as_operand(const Tensor& x, bool bf16);
/// Several weights [n, columns] below one another.
Tensor stack_operands(at::TensorList weights, bool bf16);
/// Where row `row` of an operand is to be written.
OperandTarget operand_rows(const Tensor& operand, std::int64_t row);

/// A matrix of a product, as it lies or transposed.
struct Factor {
  const Tensor& matrix;
  bool transposed = false;
};
/// What is added to a product.
struct ProductTerms {
  const Tensor* bias = nullptr;  ///< [columns] f32
  bool accumulate = false;
};
/// out = a b [+ bias] [+ what `out` holds], f32 [rows, columns], of factors both f32 or both bf16. Throws
/// Error where oneDNN refuses the product.
void multiply_operands(const Factor& a, const Factor& b, const Tensor& out, const ProductTerms& terms = {});

}  // namespace transkimmer
