#include "training/skimming/masked_compute.h"

#include <span>
#include <vector>

namespace transkimmer {

Tensor masked_compute(const ModelSpec& spec, const std::vector<Tensor>& masks, const Tensor& real,
                      double unit) {
  std::vector<Tensor> kept;
  for (const Tensor& mask : masks) kept.push_back(at::sum(mask * real, 1));
  return at::sum(cost_coefficients(spec).of(at::sum(real, 1), std::span<const Tensor>(kept), unit));
}

double dense_compute(const ModelSpec& spec, const Tensor& real) {
  const Tensor lengths = at::sum(real, 1).to(torch::kFloat64).to(torch::kCPU).contiguous();
  double total = 0;
  for (std::int64_t i = 0; i < lengths.numel(); ++i)
    total += static_cast<double>(
        dense_cost(spec, static_cast<std::uint64_t>(lengths.data_ptr<double>()[i])).count);
  return total;
}

void ComputeTally::add(const ModelSpec& spec, const std::vector<Tensor>& masks, const Tensor& real) {
  const double of_batch = dense_compute(spec, real);
  dense += of_batch;
  skimmed += masks.empty() ? of_batch : of_batch * masked_compute(spec, masks, real, of_batch).item<double>();
}

}  // namespace transkimmer
