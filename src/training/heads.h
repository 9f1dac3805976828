#pragma once

#include "model_files/model_config.h"
#include "training/dropout.h"
#include "training/parameters.h"

namespace transkimmer {

struct HeadOutput {
  Tensor logits;  ///< [B, labels], or [B, S, 2] for question answering (start, end)
  Tensor pooled;  ///< [B, H], BERT classification and regression alone
};

/// What stands on the encoder for config.head: classification, regression or question answering.
class Head {
 public:
  /// Throws UsageError for a head that cannot be trained here.
  Head(const ModelConfig& config, const Parameters& parameters);
  /// `hidden` [B, S, H].
  HeadOutput forward(const Tensor& hidden, const DropoutContext& context) const;

 private:
  HeadKind kind_;
  Architecture architecture_;
  double dropout_probability_;
  AffineWeights dense_;  ///< BERT's pooler or RoBERTa's classifier.dense
  AffineWeights output_;
};

}  // namespace transkimmer
