#pragma once

#include <string_view>

#include "training/tensors/tensor.h"

namespace transkimmer {

/// Where and in which arithmetic a model is trained.
struct ComputeSettings {
  torch::Device device = torch::kCPU;
  bool bf16 = false;  ///< matrix products in bfloat16; weights and optimiser stay in f32
};

/// "cpu", "cuda" or "auto" (CUDA where this libtorch has a device). Throws UsageError for "cuda" without one,
/// and for other words.
torch::Device device_from_name(std::string_view name);
/// "f32", "bf16" or "auto" (bf16 where the device multiplies it faster: CUDA, processors with AVX-512 BF16).
/// Throws UsageError for other words, and for "bf16" on a processor without.
bool bf16_from_name(std::string_view name, torch::Device device);

/// Whether an AutocastScope for the CPU is open on this thread, so that `linear` is to round its operands.
bool rounding_cpu_products();

/// Matrix products in bf16 while this object lives, on this thread: by libtorch's autocasting on CUDA, by
/// `linear` alone on the CPU, where everything else stays in f32.
class AutocastScope {
 public:
  explicit AutocastScope(const ComputeSettings& settings);
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;
  ~AutocastScope();

 private:
  ComputeSettings settings_;
};

}  // namespace transkimmer
