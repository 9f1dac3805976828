#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "training/kernels/cpu_kernels.h"
#include "training/packed/token_packing.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// The tables whose rows are summed, and the norm of the sum.
struct EmbeddingTables {
  Tensor words, positions, types;  ///< [n, E]
  AffineWeights norm;
  std::shared_ptr<TableRows> word_rows;  ///< where gradients of the words go; null: to autograd
};

/// The row of each table for every token.
struct EmbeddingRows {
  std::vector<std::int64_t> words, positions, types;
  /// Rows that get no gradient; -1 for none.
  std::int64_t fixed_word = -1, fixed_position = -1;
};

/// What follows the sum of the tables.
struct EmbeddingOptions {
  double epsilon = 1e-12;
  DropoutRule dropout;
};

/// dropout(LayerNorm(sum of rows)) of the tokens of a packing, [T, E] f32 on the CPU; differentiable in the
/// weights.
Tensor packed_embedding(const EmbeddingTables& weights, std::shared_ptr<const EmbeddingRows> rows,
                        std::shared_ptr<const TokenPacking> packing, const EmbeddingOptions& options);

}  // namespace transkimmer
