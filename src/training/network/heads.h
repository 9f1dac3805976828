#pragma once

#include "model_files/config/model_config.h"
#include "training/network/dropout.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

struct HeadOutput {
  /// [B, labels]; [B, S, 2] for question answering (start, end); [M, vocabulary] for masked-LM.
  Tensor logits;
  Tensor pooled;  ///< [B, H], BERT classification and regression alone
};

/// What stands on the encoder for config.head. The masked-LM head is BertForMaskedLM's or
/// RobertaForMaskedLM's: dense, GELU, LayerNorm, then the word embeddings again as output layer, with a bias.
class Head {
 public:
  /// Throws UsageError for a head that cannot be trained here.
  Head(const ModelConfig& config, const Parameters& parameters);
  /// `hidden` [B, S, H]; `predicted` [M] chooses among its B * S tokens for the masked-LM head alone.
  HeadOutput forward(const Tensor& hidden, const Tensor& predicted, const DropoutContext& context) const;

 private:
  HeadOutput predict_tokens(const Tensor& hidden, const Tensor& predicted) const;

  HeadKind kind_;
  Architecture architecture_;
  double dropout_probability_;
  double layer_norm_epsilon_;
  AffineWeights dense_;  ///< BERT's pooler, RoBERTa's classifier.dense, or that of the masked-LM head
  AffineWeights norm_;   ///< masked-LM alone
  AffineWeights output_;
};

}  // namespace transkimmer
