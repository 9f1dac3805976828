#pragma once

#include "transkimmer/options.h"

namespace transkimmer {

/// The fastest precision of `wanted` and f32 that this machine (and oneDNN's limit of instruction sets,
/// ONEDNN_MAX_CPU_ISA) can run; see Precision. Without AVX-512 VNNI, sums of int8 products would saturate at
/// 16 bits; without AVX-512 BF16, bf16 is emulated at less than the speed of f32.
Precision usable_precision(Precision wanted);

}  // namespace transkimmer
