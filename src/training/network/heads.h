#pragma once

#include <vector>

#include "model/model_spec.h"
#include "training/network/dropout.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// What a head reads.
struct HeadInput {
  Tensor hidden;          ///< [B, S, H]
  Tensor predicted = {};  ///< [M]: see PaddedBatch
  Tensor real = {};       ///< [B, S], 1 for tokens; undefined: all are. For heads that pool states
};

/// What a head gives.
struct HeadOutput {
  /// [B, labels]; [B, S, 2] for question answering (start, end); [M, vocabulary] for masked-LM; [B,
  /// dimension] for embeddings.
  Tensor logits;
  Tensor pooled;  ///< [B, H]: of a pretrained pooler; undefined where the head has none
};

/// What stands on the encoder: the steps of spec.head. In training they draw dropout; a step that is tied
/// multiplies with the word embeddings.
class Head {
 public:
  /// Throws UsageError for a model without head.
  Head(const ModelSpec& spec, const Parameters& parameters);
  HeadOutput forward(const HeadInput& input, const DropoutContext& context) const;

 private:
  struct Step {
    AffineWeights linear;
    Activation activation;
    AffineWeights norm;  ///< undefined: none
    double dropout;
    bool pooler;
  };

  Tensor states_to_read(const HeadInput& input) const;

  Output output_;
  Reads reads_;
  std::vector<Pooling> pooling_;
  bool normalize_;
  double norm_epsilon_;
  std::vector<Step> steps_;
};

}  // namespace transkimmer
