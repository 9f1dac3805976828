#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/activation.h"
#include "training/kernels/cpu_kernels.h"
#include "training/packed/token_packing.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// The weights of one encoder layer.
struct EncoderLayerWeights {
  AffineWeights query, key, value, attention_output, attention_norm, intermediate, output, output_norm;
  /// [heads, 2 S - 1]: what is added to scores by the distance of a key from its query in the padded batch,
  /// from S - 1 before it to S - 1 behind it; undefined: nothing is.
  Tensor relative_bias = {};
};

/// How a layer is run over packed tokens.
struct PackedLayerOptions {
  std::int64_t heads = 1;
  Activation activation = Activation::gelu;  ///< of the feed-forward part
  double epsilon = 1e-12;                    ///< of the norms
  bool bf16 = false;  ///< operands of the matrix products are rounded to bf16, in the backward pass too
  bool gradient_of_return = false;  ///< of dropped keys, see AttentionMask
  DropoutRule attention_dropout;
  DropoutRule attended_dropout;  ///< of the attention's output
  DropoutRule output_dropout;
};

/// Which tokens a layer attends to, and for which it is computed.
struct PackedLayerTokens {
  TokenPacking keys;
  TokenPacking queries;            ///< a choice of the keys
  std::vector<std::int64_t> rows;  ///< [Q]: of the queries among the keys; empty: all of them
};

/// One encoder layer, with removal semantics, of tokens without padding on the CPU: hidden [K, H] f32 -> [Q,
/// H]. `kept` [K] f32 is 1 where a key may be looked at (undefined: everywhere). Differentiable in hidden,
/// kept and weights. Everything is f32 but for the operands of products in bf16, which the backward pass
/// keeps in that form.
Tensor packed_layer(const Tensor& hidden, const Tensor& kept, const EncoderLayerWeights& weights,
                    std::shared_ptr<const PackedLayerTokens> tokens, const PackedLayerOptions& options);

}  // namespace transkimmer
