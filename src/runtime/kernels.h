#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/operand.h"

namespace transkimmer {

/// Row-wise kernels of the engine, chosen at run time for the widest SIMD this machine has. Matrices are
/// row-major and contiguous unless a stride is given; pointers need no alignment; an output may be the same
/// memory as an input.

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

/// out = LayerNorm(x + residual), [rows, columns] (torch.nn.functional.layer_norm). The rows are also written
/// as `operand`, the left operand of the product that reads them, unless that is f32 and reads `out`.
void add_layer_norm(const float* x, const float* residual, const NormWeights& norm, RowShape shape,
                    float* out, const OperandRows& operand = {});

/// out = (x - mean) / sqrt(variance + epsilon) per row: a LayerNorm whose scale and shift were folded into
/// what follows.
void normalize_rows(const float* x, float epsilon, RowShape shape, float* out);

/// The last steps of a skim predictor: out[row] = sum_j weight[j] * gelu(LayerNorm(x[row])[j]) + bias, where
/// `weight` and `bias` are the keep row minus the skim row of the predictor's last linear layer. x [rows,
/// columns], out [rows].
struct SkimDecision {
  NormWeights norm;
  const float* weight = nullptr;
  float bias = 0;
};
void skim_margins(const float* x, const SkimDecision& decision, RowShape shape, float* out);

/// out = LayerNorm(word + position + type) for each of `shape.rows` tokens; the parts are table rows of
/// [columns]; also as `operand`.
struct EmbeddingRow {
  const float* word = nullptr;
  const float* position = nullptr;
  const float* type = nullptr;
};
void embed(const EmbeddingRow* tokens, const NormWeights& norm, RowShape shape, float* out,
           const OperandRows& operand = {});

/// out = activation(the product's values), `shape` columns of out (torch.nn.functional.gelu).
void finish_product(const RawProduct& product, RowShape shape, Activation activation,
                    const ProductColumns& out);

/// Writes the floats of x [rows, operand.columns] as an operand.
void write_operand(const float* x, std::size_t rows, const OperandRows& operand);

/// x = tanh(x), in place.
void tanh_in_place(float* x, std::size_t count);

/// The best instruction set in use, as Highway names it ("AVX3_ZEN4", "AVX2", ...).
const char* simd_target();

}  // namespace transkimmer
