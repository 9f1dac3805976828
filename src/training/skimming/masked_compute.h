#pragma once

#include <vector>

#include "model/cost.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// The arithmetic that masks leave of a batch: skimmed_cost (model/cost.h) as a function that has
/// gradients, squares of kept tokens and predictors included. `masks` are L of [B, S], cumulative; `real` [B,
/// S] is 1 for tokens. Returns the sum over sequences, in units of `unit` MACs: a scalar, f32, whose gradient
/// with respect to a mask is what keeping that token costs. Exact for masks of 0 and 1, up to rounding in
/// f32.
Tensor masked_compute(const ModelSpec& spec, const std::vector<Tensor>& masks, const Tensor& real,
                      double unit);

/// MACs of the batch in the dense model, unpadded.
double dense_compute(const ModelSpec& spec, const Tensor& real);

/// Sums over batches of what masks leave of the dense model's MACs.
struct ComputeTally {
  double dense = 0, skimmed = 0;

  /// No masks: the batch ran dense.
  void add(const ModelSpec& spec, const std::vector<Tensor>& masks, const Tensor& real);
  double share() const { return dense > 0 ? skimmed / dense : 1.0; }
};

}  // namespace transkimmer
