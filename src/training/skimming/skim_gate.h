#pragma once

#include <cstddef>

#include "training/tensors/parameters.h"
#include "training/tensors/random_streams.h"

namespace transkimmer {

/// The skim predictor of one layer: LayerNorm -> Linear(H, P) -> LayerNorm -> GELU -> Linear(P, 2).
class SkimPredictor {
 public:
  SkimPredictor(const Parameters& parameters, std::size_t layer);
  /// [B, S, H] -> [B, S, 2]; class 1 is "keep".
  Tensor logits(const Tensor& hidden) const;

 private:
  AffineWeights input_norm_;
  AffineWeights hidden_;
  AffineWeights hidden_norm_;
  AffineWeights output_;
};

/// How decisions are drawn, and where their gradients go.
struct GateOptions {
  double threshold = 0.0;    ///< keep when logit_keep - logit_skim (+ noise) > threshold
  double temperature = 1.0;  ///< tau of the straight-through relaxation
  bool keep_first = true;    ///< position 0 is always kept
};

/// Decisions [B, S] from skim logits [B, S, 2]: exactly 0 or 1 in the forward pass, with the gradient of
/// sigmoid((keep - skim + noise - threshold) / tau) in the backward pass (the Gumbel-softmax of two classes).
/// `noise` [B, S] is added to keep - skim; undefined for none. A position 0 that is always kept is 1, without
/// gradient.
Tensor straight_through_decisions(const Tensor& logits, const Tensor& noise, const GateOptions& options);

/// The difference of two Gumbel variables, which is logistic: [B, S].
Tensor draw_gate_noise(torch::IntArrayRef shape, torch::Device device, std::uint64_t seed);

/// `taken` [B, S, H] where mask [B, S] is 1, else `carried`; differentiable in all three.
Tensor select_tokens(const Tensor& carried, const Tensor& taken, const Tensor& mask);

}  // namespace transkimmer
