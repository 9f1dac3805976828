#pragma once

#include "training/cpu_kernels.h"
#include "training/tensor.h"

namespace transkimmer {

struct CpuAttentionInput {
  Tensor query;  ///< [B, S, H] f32 on the CPU; key and value alike
  Tensor key;
  Tensor value;
  Tensor kept;  ///< [B, S] f32, 1 where a key may be looked at; differentiable
  Tensor real;  ///< [B, S] f32, 1 for the first tokens of each row, then 0
};

/// Attention renormalised over kept keys (removal semantics), head by head without copies of query, key or
/// value and without the columns of padding: [B, S, H].
Tensor cpu_attention(const CpuAttentionInput& input, std::int64_t heads, const DropoutRule& dropout);

}  // namespace transkimmer
