#include "training/tensors/compute_settings.h"

#include <string>

#include <ATen/autocast_mode.h>
#include <torch/cuda.h>

#include "training/kernels/matrix_product.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

thread_local bool cpu_products_rounded = false;

void set_cuda_autocast(bool enabled) {
#if TRANSKIMMER_TORCH_AT_LEAST(2, 4)
  at::autocast::set_autocast_dtype(at::kCUDA, at::kBFloat16);
  at::autocast::set_autocast_enabled(at::kCUDA, enabled);
#else
  at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
  at::autocast::set_enabled(enabled);
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
  const bool available = device.is_cuda() || has_bf16_products();
  if (name == "f32") return false;
  if (name == "auto") return available;
  if (name != "bf16")
    throw UsageError("--precision: expected f32, bf16 or auto, found '" + std::string(name) + "'");
  if (available) return true;
  throw UsageError("--precision: 'bf16' was asked for, but this processor has no AVX-512 BF16");
}

bool rounding_cpu_products() {
  return cpu_products_rounded;
}

AutocastScope::AutocastScope(const ComputeSettings& settings) : settings_(settings) {
  if (!settings_.bf16) return;
  if (settings_.device.is_cuda()) {
    set_cuda_autocast(true);
  } else {
    cpu_products_rounded = true;
  }
}

AutocastScope::~AutocastScope() {
  if (!settings_.bf16) return;
  if (settings_.device.is_cuda()) {
    // The cast copies of the weights are kept between operations; they are stale after the next update.
    at::autocast::clear_cache();
    set_cuda_autocast(false);
  } else {
    cpu_products_rounded = false;
  }
}

}  // namespace transkimmer
