#pragma once

#include "training/parameters.h"
#include "training/tensor.h"

namespace transkimmer {

/// input [..., in] times weight [out, in] transposed, plus bias: [..., out]. In f32 on the CPU the products
/// are oneDNN's.
Tensor linear(const Tensor& input, const AffineWeights& weights);

}  // namespace transkimmer
