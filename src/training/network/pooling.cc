#include "training/network/pooling.h"

#include <limits>

namespace transkimmer {
namespace {

/// Of one mode, [B, H]; `real` [B, S, 1].
Tensor pool_one(const Tensor& hidden, const Tensor& real, Pooling mode) {
  const auto weighted = [&](const Tensor& weights, const Tensor& divisor) {
    return at::sum(hidden * weights, 1) / divisor;
  };
  const Tensor tokens = at::sum(real, 1);
  switch (mode) {
    case Pooling::first:
      return hidden.select(1, 0);
    case Pooling::last: {
      const Tensor last = (tokens.view({-1}) - 1).to(torch::kInt64);
      return hidden.index({at::arange(hidden.size(0), last.options()), last});
    }
    case Pooling::max:
      return at::amax(hidden.masked_fill(real.eq(0), -std::numeric_limits<float>::infinity()), 1);
    case Pooling::mean:
      return weighted(real, tokens);
    case Pooling::mean_sqrt_length:
      return weighted(real, at::sqrt(tokens));
    case Pooling::weighted_mean: {
      const Tensor weights = real * at::arange(1, hidden.size(1) + 1, real.options()).view({1, -1, 1});
      return weighted(weights, at::sum(weights, 1));
    }
  }
  return {};
}

}  // namespace

Tensor pool_states(const Tensor& hidden, const Tensor& real, const std::vector<Pooling>& modes) {
  const Tensor tokens =
      real.defined() ? real.unsqueeze(-1) : at::ones({hidden.size(0), hidden.size(1), 1}, hidden.options());
  std::vector<Tensor> pooled;
  for (const Pooling mode : modes) pooled.push_back(pool_one(hidden, tokens, mode));
  return at::cat(pooled, -1);
}

Tensor of_length_1(const Tensor& rows) {
  constexpr double kShortest = 1e-12;  // PyTorch's
  return rows / at::clamp_min(at::norm(rows, 2, {-1}, /*keepdim=*/true), kShortest);
}

}  // namespace transkimmer
