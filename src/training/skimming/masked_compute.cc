#include "training/skimming/masked_compute.h"

#include "metrics/cost.h"

namespace transkimmer {

Tensor masked_compute(const ModelConfig& config, const std::vector<Tensor>& masks, const Tensor& real,
                      double unit) {
  const CostCoefficients cost = cost_coefficients(config);
  Tensor entering = at::sum(real, 1);
  Tensor total = at::sum(entering) * (cost.head_per_token / unit) +
                 static_cast<double>(real.size(0)) * cost.head_per_sequence / unit;
  for (const Tensor& mask : masks) {
    const Tensor kept = at::sum(mask * real, 1);
    total = total + at::sum(entering * (cost.predictor_per_token / unit) +
                            kept * (cost.layer_per_token / unit + kept * (cost.layer_per_pair / unit)));
    entering = kept;
  }
  return total;
}

double dense_compute(const ModelConfig& config, const Tensor& real) {
  const Tensor lengths = at::sum(real, 1).to(torch::kFloat64).to(torch::kCPU).contiguous();
  double total = 0;
  for (std::int64_t i = 0; i < lengths.numel(); ++i)
    total += static_cast<double>(
        dense_cost(config, static_cast<std::uint64_t>(lengths.data_ptr<double>()[i])).count);
  return total;
}

void ComputeTally::add(const ModelConfig& config, const std::vector<Tensor>& masks, const Tensor& real) {
  const double of_batch = dense_compute(config, real);
  dense += of_batch;
  skimmed +=
      masks.empty() ? of_batch : of_batch * masked_compute(config, masks, real, of_batch).item<double>();
}

}  // namespace transkimmer
