#include "training/skimming/masked_compute.h"

namespace transkimmer {

Tensor masked_compute(const ModelSpec& spec, const std::vector<Tensor>& masks, const Tensor& real,
                      double unit) {
  const CostCoefficients cost = cost_coefficients(spec);
  Tensor entering = at::sum(real, 1);
  Tensor total = at::sum(entering) * ((cost.embedding_per_token + cost.head_per_token) / unit) +
                 static_cast<double>(real.size(0)) * cost.head_per_sequence / unit;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const LayerCost& layer = cost.layers[i];
    const Tensor kept = at::sum(masks[i] * real, 1);
    total = total + at::sum(entering * (layer.predictor_per_token / unit) +
                            kept * (layer.per_token / unit + kept * (layer.per_pair / unit)));
    entering = kept;
  }
  return total;
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
