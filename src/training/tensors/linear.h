#pragma once

#include "training/tensors/parameters.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// input [..., in] times weight [out, in] transposed, plus bias: [..., out]. On the CPU the products are
/// oneDNN's; inside an AutocastScope for bf16 their operands are rounded to bf16, in the backward pass too,
/// while sums, results and gradients are f32.
Tensor linear(const Tensor& input, const AffineWeights& weights);

/// The same in f32 throughout on the CPU, whatever scope is open. On other devices it equals `linear`.
Tensor linear_in_f32(const Tensor& input, const AffineWeights& weights);

}  // namespace transkimmer
