#pragma once

#include "base/activation.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// What follows a linear layer, elementwise, in libtorch's operations.
Tensor activate(Activation activation, const Tensor& x);

}  // namespace transkimmer
