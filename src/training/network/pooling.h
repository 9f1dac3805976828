#pragma once

#include <vector>

#include "model/model_spec.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// The states of each sequence's tokens put together, one mode beside the other: [B, S, H] -> [B, modes * H],
/// as the runtime's pooling of the same name does. `real` [B, S] is 1 for tokens; undefined: all are.
Tensor pool_states(const Tensor& hidden, const Tensor& real, const std::vector<Pooling>& modes);

/// Rows [..., D] made of length 1 (torch.nn.functional.normalize).
Tensor of_length_1(const Tensor& rows);

}  // namespace transkimmer
