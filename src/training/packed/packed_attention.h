#pragma once

#include <cstdint>

#include "training/kernels/layer_kernels.h"
#include "training/packed/token_packing.h"

namespace transkimmer {

/// Attention renormalised over kept keys (removal semantics) of tokens without padding, head by head:
/// w = p m / sum(p m), p = softmax(scores). With r = exp(score - logsumexp of kept scores) it is w = r m, and
/// the gradients
///     d score = w (g - sum(w g)),     d m = sum over heads and queries of r (g - sum(w g))
/// reach dropped keys too.
struct PackedAttention {
  std::int64_t heads = 1;
  std::int64_t hidden = 0;                ///< H
  const TokenPacking* queries = nullptr;  ///< Q tokens
  const TokenPacking* keys = nullptr;     ///< K tokens
  DropoutRule dropout;                    ///< of the weights
  bool gradient_of_return = false;        ///< of dropped keys, see AttentionMask
  const float* query = nullptr;           ///< [Q, H]
  const float* key_value = nullptr;       ///< [K, 2 H]: keys, then values
  const float* kept = nullptr;            ///< [K], 1 where a key may be looked at; null: everywhere
  const float* bias = nullptr;            ///< [heads, 2 S - 1], see EncoderLayerWeights; null: none

  /// Floats that forward writes for backward: the ratios r.
  std::int64_t ratios() const;
};

/// Writes the context [Q, H] as the operand of the next product.
void packed_attention(const PackedAttention& attention, float* ratios, const OperandTarget& context);

/// Gradients of what attention read.
struct PackedAttentionGradients {
  float* query = nullptr;
  float* key_value = nullptr;
  float* kept = nullptr;  ///< [heads, K]: to be summed over heads; null where it is not wanted
  float* bias = nullptr;  ///< [B, heads, 2 S - 1], to which is added: to be summed over texts; null: no bias
};

/// `context` [Q, H] is the gradient of what forward wrote.
void packed_attention_backward(const PackedAttention& attention, const float* ratios, const float* context,
                               const PackedAttentionGradients& out);

}  // namespace transkimmer
