#pragma once

#include <string_view>

#include "training/tensor.h"

namespace transkimmer {

/// Where and in which arithmetic a model is trained.
struct ComputeSettings {
  torch::Device device = torch::kCPU;
  bool bf16 = false;  ///< matrix products in bfloat16 by autocasting; weights and optimiser stay in f32
};

/// "cpu", "cuda" or "auto" (CUDA where this libtorch has a device). Throws UsageError for "cuda" without one,
/// and for other words.
torch::Device device_from_name(std::string_view name);
/// "f32", "bf16" or "auto" (bf16 on CUDA devices that have it, else f32). Throws UsageError for other words.
bool bf16_from_name(std::string_view name, torch::Device device);

/// Whether an AutocastScope for the CPU is open on this thread.
bool cpu_autocasting();

/// Autocasting to bfloat16 while this object lives.
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
