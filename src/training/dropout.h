#pragma once

#include "training/random_streams.h"
#include "training/tensor.h"

namespace transkimmer {

/// What makes a forward pass a training pass: dropout is applied where `active`.
struct DropoutContext {
  bool active = false;
  RandomStreams* random = nullptr;  ///< required when active
};

/// Zeroes each element with the given probability and scales the rest by 1 / (1 - probability). On the CPU
/// the choice is a hash of (seed, element index), so that it depends neither on threads nor on libtorch's
/// generator.
Tensor dropout(const Tensor& input, double probability, const DropoutContext& context);

}  // namespace transkimmer
