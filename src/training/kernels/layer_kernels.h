#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/activation.h"
#include "base/bf16.h"
#include "training/kernels/cpu_kernels.h"

namespace transkimmer {

// The passes over memory between the matrix products of a layer, each of which does all that is to be done
// with a row while it is in the first-level cache. All run on the calling thread, with the widest vectors of
// this machine.

/// Where the operand of a product goes: floats, or those rounded to bf16. The other pointer is null; both are
/// null where it is not wanted.
struct OperandTarget {
  float* floats = nullptr;
  Bf16* rounded = nullptr;
};

/// Dropout of rows that come from a padded batch: element (row, c) has the index places[row] * columns + c.
struct RowDropout {
  DropoutRule rule;
  const std::int64_t* places = nullptr;  ///< [rows]
};

/// LayerNorm(dropout(x) + residual) * gamma + beta of rows [rows, columns].
struct ResidualNorm {
  std::size_t rows = 0;
  std::size_t columns = 0;
  float epsilon = 0;
  const float* gamma = nullptr;  ///< [columns]
  const float* beta = nullptr;   ///< [columns]
  RowDropout dropout;
};

/// Rows of a LayerNorm, and where its results go.
struct NormForward {
  const float* x = nullptr;
  const float* residual = nullptr;     ///< may be null
  float* normal = nullptr;             ///< what gamma multiplies, [rows, columns]; may be null
  float* inverse_deviation = nullptr;  ///< [rows]; may be null
  float* out = nullptr;
  Bf16* rounded = nullptr;  ///< a rounded copy of `out`; may be null
};
/// Writes the LayerNorm of all rows to `out`, and what else is not null.
void normalize_rows(const ResidualNorm& norm, const NormForward& io);

/// What the gradient of a LayerNorm reads, and where it goes.
struct NormBackward {
  const float* gradient = nullptr;  ///< of the result
  const float* normal = nullptr;
  const float* inverse_deviation = nullptr;
  float* residual_gradient = nullptr;
  OperandTarget x_gradient;
  float* gamma_sum = nullptr;  ///< [columns], as the next two: this is added to them
  float* beta_sum = nullptr;
  float* x_sum = nullptr;  ///< of x_gradient over rows, before rounding; null where that is not wanted
};
/// Its gradients: of residual and x, [rows, columns], written; of gamma, beta and x over rows, added to the
/// sums.
void normalize_rows_backward(const ResidualNorm& norm, const NormBackward& io);

/// What follows a linear layer, of `count` floats.
void activate_values(Activation activation, const float* in, std::size_t count, const OperandTarget& out);

/// What a linear layer gave, and the gradient of what its activation made of that.
struct ActivationRows {
  const float* in = nullptr;        ///< [rows, columns]
  const float* gradient = nullptr;  ///< [rows, columns]
  std::size_t rows = 0;
  std::size_t columns = 0;
};
/// The gradient times the derivative of the activation; its sums over rows are added to `column_sum`
/// [columns].
void activate_backward_rows(Activation activation, const ActivationRows& rows, const OperandTarget& out,
                            float* column_sum);

/// Adds the sums over rows of `in` [rows, columns] to `column_sum`, and rounds it to `rounded` unless that is
/// null.
void sum_rows(const float* in, std::size_t rows, std::size_t columns, Bf16* rounded, float* column_sum);

/// Floats rounded to bf16.
void round_values(std::span<const float> in, Bf16* out);

/// A product of matrices that fit into a cache, of attention's heads. `b` and `out` are row-major.
struct SmallProduct {
  std::size_t rows = 0, columns = 0, inner = 0;
  const float* a = nullptr;  ///< [rows, inner], element (i, k) at i * a_row + k * a_inner
  std::size_t a_row = 0, a_inner = 1;
  const float* b = nullptr;  ///< [inner, columns]
  std::size_t b_row = 0;
  float* out = nullptr;  ///< [rows, columns]
  std::size_t out_row = 0;
};
/// out = a b, in f32.
void multiply_small(const SmallProduct& product);

}  // namespace transkimmer
