#pragma once

#include "training/kernels/cpu_kernels.h"
#include "training/tensors/random_streams.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// What makes a forward pass a training pass: dropout is applied where `active`.
struct DropoutContext {
  bool active = false;
  RandomStreams* random = nullptr;  ///< required when active
};

/// The rule of the next place that drops with this probability; spares everything where nothing is dropped,
/// without drawing from the stream.
DropoutRule next_dropout_rule(double probability, const DropoutContext& context);

/// Zeroes each element with the given probability and scales the rest by 1 / (1 - probability). On the CPU
/// the choice is a hash of (seed, element index), so that it depends neither on threads nor on libtorch's
/// generator.
Tensor dropout(const Tensor& input, double probability, const DropoutContext& context);

}  // namespace transkimmer
