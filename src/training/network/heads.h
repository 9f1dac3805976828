#pragma once

#include <vector>

#include "model/model_spec.h"
#include "training/network/dropout.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

struct HeadOutput {
  /// [B, labels]; [B, S, 2] for question answering (start, end); [M, vocabulary] for masked-LM.
  Tensor logits;
  Tensor pooled;  ///< [B, H]: of a pretrained pooler; undefined where the head has none
};

/// What stands on the encoder: the steps of spec.head. In training they draw dropout; a step that is tied
/// multiplies with the word embeddings.
class Head {
 public:
  /// Throws UsageError for a model without head.
  Head(const ModelSpec& spec, const Parameters& parameters);
  /// `hidden` [B, S, H]; `predicted` [M] chooses among its B * S tokens for heads that answer with a word.
  HeadOutput forward(const Tensor& hidden, const Tensor& predicted, const DropoutContext& context) const;

 private:
  struct Step {
    AffineWeights linear;
    Activation activation;
    AffineWeights norm;  ///< undefined: none
    double dropout;
    bool pooler;
  };

  Tensor states_to_read(const Tensor& hidden, const Tensor& predicted) const;

  HeadKind kind_;
  Reads reads_;
  double norm_epsilon_;
  std::vector<Step> steps_;
};

}  // namespace transkimmer
