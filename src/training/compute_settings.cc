#include "training/compute_settings.h"

#include <string>

#include <ATen/autocast_mode.h>
#include <torch/cuda.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void set_autocast(const torch::Device& device, bool enabled) {
#if TRANSKIMMER_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(device.type(), at::kBFloat16);
  at::autocast::set_autocast_enabled(device.type(), enabled);
#else
  if (device.is_cuda()) {
    at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(enabled);
  } else {
    at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(enabled);
  }
#endif
}

}  // namespace

torch::Device device_from_name(std::string_view name) {
  if (name == "cpu") return torch::kCPU;
  if (name == "cuda" && !torch::cuda::is_available()) {
    throw UsageError("--device: 'cuda' was asked for, but this libtorch sees no CUDA device");
  }
  if (name == "cuda") return torch::kCUDA;
  if (name == "auto") return torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  throw UsageError("--device: expected cpu, cuda or auto, found '" + std::string(name) + "'");
}

bool bf16_from_name(std::string_view name, torch::Device device) {
  if (name == "f32") return false;
  if (name == "bf16") return true;
  // Every GPU worth training on has bf16; on CPUs it pays only where the instruction set has it, so it is not
  // assumed.
  if (name == "auto") return device.is_cuda();
  throw UsageError("--precision: expected f32, bf16 or auto, found '" + std::string(name) + "'");
}

bool cpu_autocasting() {
#if TRANSKIMMER_TORCH_AT_LEAST(2, 4)
  return at::autocast::is_autocast_enabled(at::kCPU);
#else
  return at::autocast::is_cpu_enabled();
#endif
}

AutocastScope::AutocastScope(const ComputeSettings& settings) : settings_(settings) {
  if (settings_.bf16) set_autocast(settings_.device, true);
}

AutocastScope::~AutocastScope() {
  if (!settings_.bf16) return;
  // The cast copies of the weights are kept between operations; they are stale after the next update.
  at::autocast::clear_cache();
  set_autocast(settings_.device, false);
}

}  // namespace transkimmer
