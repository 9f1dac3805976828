#pragma once

#include <cstdint>
#include <vector>

#include "training/tensors/tensor.h"

namespace transkimmer {

/// Some tokens of a padded batch [B, S], sequence by sequence: what a layer computes.
struct TokenPacking {
  std::int64_t batch = 0;            ///< B
  std::int64_t length = 0;           ///< S
  std::vector<std::int64_t> places;  ///< [T]: row * S + column in the padded batch, ascending
  std::vector<std::int64_t> starts;  ///< [B + 1]: where the tokens of each sequence begin among them

  std::int64_t tokens() const { return static_cast<std::int64_t>(places.size()); }
  std::int64_t tokens_of(std::int64_t sequence) const { return starts[sequence + 1] - starts[sequence]; }
};

/// The tokens where `real` [B, S] f32 is above 0.
TokenPacking pack_tokens(const Tensor& real);

/// Rows of a packing that stay, and what they are a packing of.
struct PackedSubset {
  TokenPacking packing;
  std::vector<std::int64_t> rows;  ///< indices into the packing they were chosen from, ascending
};

/// The tokens of `from` for which `stays` [T] is true.
PackedSubset choose_tokens(const TokenPacking& from, const std::vector<bool>& stays);
/// The first token of each sequence that has one.
PackedSubset first_tokens(const TokenPacking& from);

/// Rows `indices` (each at most once) of x [n, columns] f32 on the CPU: [indices, columns]; differentiable.
Tensor gather_rows(const Tensor& x, const std::vector<std::int64_t>& indices);
/// The reverse: [rows, columns] with the rows of x at `indices`, zero elsewhere; differentiable.
Tensor scatter_rows(const Tensor& x, const std::vector<std::int64_t>& indices, std::int64_t rows);

}  // namespace transkimmer
