#pragma once

#include <optional>

#include "model_files/config/model_config.h"
#include "training/network/dropout.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// Which tokens a layer's attention may look at.
struct AttentionMask {
  Tensor real;  ///< [B, S] f32: 1 for tokens, 0 for padding
  Tensor kept;  ///< [B, S] f32, differentiable: 1 for tokens not skimmed; undefined when nothing is skimmed
  SkimSemantics semantics = SkimSemantics::removal;
  /// What the gradient says of a dropped key under removal: false the derivative of w at its mask of 0, true
  /// what w would change by if the key came back (w = r / (1 + r) in place of r, which has no bound: keys
  /// that would outweigh all kept ones drown every other gradient).
  bool gradient_of_return = false;
};

/// What attention reads.
struct AttentionInput {
  Tensor query;  ///< [B, S, H]; key and value alike
  Tensor key;
  Tensor value;
};

/// How attention is computed, in training and else.
struct AttentionOptions {
  std::int64_t heads = 1;
  double dropout = 0.0;
  DropoutContext context;
  Tensor bias = {};                 ///< [heads, S, S], added to the scores; undefined: nothing is
  Tensor* probabilities = nullptr;  ///< receives [B, heads, S, S] after masking, before dropout
};

/// Scaled dot-product attention over the keys that the mask leaves: [B, S, H].
/// removal: w = p m / sum(p m), with p the softmax over real tokens; original: w = p m. In libtorch's
/// operations, on any device; packed_attention.h is the same without padding on the CPU.
Tensor masked_attention(const AttentionInput& input, const AttentionMask& mask,
                        const AttentionOptions& options);

}  // namespace transkimmer
