#pragma once

#include <map>
#include <string>

#include "model_files/config/model_config.h"
#include "training/tensors/parameters.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// A BertForMaskedLM as one writes it in PyTorch: padded batches with an attention mask, `linear`, `softmax`,
/// `matmul`, and logits over all positions with a cross-entropy that ignores most of them. The peer that a
/// step of pretraining is compared with; shares no code with training.
class PlainMaskedLm {
 public:
  /// Takes copies of the weights, which remember gradients.
  PlainMaskedLm(const ModelConfig& config, const Parameters& parameters);

  /// ids [B, S] i64, real [B, S] f32 (1 = token), labels [B, S] i64 (-100: nothing to predict).
  Tensor loss(const Tensor& ids, const Tensor& real, const Tensor& labels) const;

  std::vector<Tensor> weights() const;

 private:
  const Tensor& weight(const std::string& name) const { return weights_.at(name); }
  Tensor dense(const Tensor& x, const std::string& name) const;
  Tensor norm(const Tensor& x, const std::string& name) const;
  Tensor layer(const Tensor& x, const Tensor& bias, const std::string& name) const;

  ModelConfig config_;
  std::map<std::string, Tensor> weights_;
};

}  // namespace transkimmer
