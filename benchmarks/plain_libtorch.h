#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model_files/config/model_config.h"
#include "model_files/weights/model_weights.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// A BERT classifier or question answering model as one writes it in PyTorch: dense, padded, an attention
/// mask, `linear`, `softmax`, `bmm`. The peer that the runtime is compared with; shares no code with training
/// or runtime.
class PlainBert {
 public:
  PlainBert(const ModelConfig& config, const ModelWeights& weights);

  /// ids, types [B, S] i64, mask [B, S] f32 (1 = token) -> logits [B, labels]; of question answering
  /// [B, S, 2] (start, end).
  Tensor forward(const Tensor& ids, const Tensor& types, const Tensor& mask) const;

 private:
  struct Linear {
    Tensor weight, bias;
  };
  struct Layer {
    Linear query, key, value, attention_output, attention_norm, intermediate, output, output_norm;
  };

  Tensor normalize(const Tensor& x, const Linear& norm) const;
  Tensor run_layer(const Layer& layer, const Tensor& hidden, const Tensor& bias) const;
  Tensor split_heads(const Tensor& x) const;

  ModelConfig config_;
  Tensor words_, positions_, types_;
  Linear embedding_norm_, pooler_, output_;
  std::vector<Layer> layers_;
};

}  // namespace transkimmer
