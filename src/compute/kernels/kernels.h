#pragma once

#include <cstddef>
#include <cstdint>

#include "compute/operand.h"

namespace transkimmer {

/// Row-wise kernels of the engine, chosen at run time for the widest SIMD this machine has. Matrices are
/// row-major and contiguous unless a stride is given; pointers need no alignment; an output may be the same
/// memory as an input.

/// Rows of so many columns.
struct RowShape {
  std::size_t rows = 0;
  std::size_t columns = 0;
};

/// Scale and shift of a LayerNorm, each [columns].
struct NormWeights {
  const float* gamma = nullptr;
  const float* beta = nullptr;
  float epsilon = 0;
};

/// Moments of the rows that a kernel writes: what a LayerNorm that reads them next needs, taken while each
/// row is still in the first-level cache.
struct RowStatistics {
  float epsilon = 0;
  float* inverse_deviations = nullptr;  ///< [rows], 1 / sqrt(variance + epsilon); where empty, none are taken
  float* means = nullptr;               ///< [rows]

  /// Of the rows from `row` on.
  RowStatistics from(std::size_t row) const {
    if (inverse_deviations == nullptr) return {};
    return {epsilon, inverse_deviations + row, means + row};
  }
};

/// What becomes of normalised rows besides being written: they are an `operand`, the left one of the product
/// that reads them, unless that is f32 and reads the floats; and their statistics may be wanted.
struct RowOutputs {
  OperandRows operand;
  RowStatistics statistics;

  RowOutputs from(std::size_t row) const { return {operand.from(row), statistics.from(row)}; }
};

/// out = LayerNorm(x + residual), [rows, columns] (torch.nn.functional.layer_norm).
void add_layer_norm(const float* x, const float* residual, const NormWeights& norm, RowShape shape,
                    float* out, const RowOutputs& outputs = {});

/// What a skim predictor does behind the product with its first linear layer, whose weights took up the scale
/// of the LayerNorm before it and its subtraction of the mean (see PredictorWeights). `weight` and `bias` are
/// the keep row minus the skim row of its last linear layer.
struct SkimDecision {
  const float* projection_bias = nullptr;  ///< [columns]
  NormWeights norm;
  const float* weight = nullptr;  ///< [columns]
  float bias = 0;
};
/// The last steps of a skim predictor, from that product x [rows, columns], which is overwritten:
///   projected[row][j] = x[row][j] * inverse_deviations[row] + projection_bias[j]
///   out[row] = sum_j weight[j] * gelu(LayerNorm(projected[row])[j]) + bias
/// `inverse_deviations` and `out` are [rows], as is `projected_inverse_deviations`, unless empty: 1 /
/// sqrt(variance + epsilon) of each projected row.
void skim_margins(float* x, const float* inverse_deviations, const SkimDecision& decision, RowShape shape,
                  float* out, float* projected_inverse_deviations = nullptr);

/// A token's rows of the embedding tables, each [columns].
struct EmbeddingRow {
  const float* word = nullptr;
  const float* position = nullptr;
  const float* type = nullptr;
};
/// out = LayerNorm(word + position + type) of each of `shape.rows` tokens, [rows, columns].
void embed(const EmbeddingRow* tokens, const NormWeights& norm, RowShape shape, float* out,
           const RowOutputs& outputs = {});

/// What `outputs` wants of rows x that are there already.
void describe_rows(const float* x, RowShape shape, const RowOutputs& outputs);

/// out = activation(the product's values), `shape` columns of out (see Activation). Where out is rounded,
/// GELU is computed to what bf16 holds.
void finish_product(const RawProduct& product, RowShape shape, Activation activation,
                    const ProductColumns& out);

/// Writes the floats of x [rows, operand.columns] as an operand.
void write_operand(const float* x, std::size_t rows, const OperandRows& operand);
/// The same of rows of bf16, as an operand in int8.
void quantize_rounded(const Bf16* x, std::size_t rows, const OperandRows& operand);

/// The best instruction set in use, as Highway names it ("AVX3_ZEN4", "AVX2", ...).
const char* simd_target();

}  // namespace transkimmer
