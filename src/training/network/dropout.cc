#include "training/network/dropout.h"

#include <ATen/Parallel.h>

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

// Elements that are worth another thread.
constexpr std::int64_t kParallelGrain = 1 << 15;

Tensor apply_rule(const Tensor& input, const DropoutRule& rule) {
  const Tensor contiguous = input.contiguous();
  Tensor output = at::empty_like(contiguous);
  const float* in = contiguous.data_ptr<float>();
  float* out = output.data_ptr<float>();
  at::parallel_for(0, contiguous.numel(), kParallelGrain, [&](std::int64_t begin, std::int64_t end) {
    const auto first = static_cast<std::size_t>(begin);
    const auto count = static_cast<std::size_t>(end - begin);
    dropout_range({in + begin, count}, {out + begin, count}, first, rule);
  });
  return output;
}

/// The choice is computed again in the backward pass: cheaper than storing it.
class HashedDropout : public Function<HashedDropout> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& input, double probability, std::int64_t seed) {
    ctx->saved_data["probability"] = probability;
    ctx->saved_data["seed"] = seed;
    return apply_rule(input, rule(probability, seed));
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const DropoutRule same = rule(ctx->saved_data["probability"].toDouble(), ctx->saved_data["seed"].toInt());
    return {apply_rule(gradients[0], same), Tensor(), Tensor()};
  }

 private:
  static DropoutRule rule(double probability, std::int64_t seed) {
    return {.seed = static_cast<std::uint64_t>(seed), .probability = static_cast<float>(probability)};
  }
};

}  // namespace

DropoutRule next_dropout_rule(double probability, const DropoutContext& context) {
  if (!context.active || probability <= 0) return {};
  return {.seed = context.random->next(), .probability = static_cast<float>(probability)};
}

Tensor dropout(const Tensor& input, double probability, const DropoutContext& context) {
  if (!context.active || probability <= 0) return input;
  if (!input.is_cpu() || input.scalar_type() != torch::kFloat32) {
    return at::dropout(input, probability, /*train=*/true);
  }
  return HashedDropout::apply(input, probability, static_cast<std::int64_t>(context.random->next()));
}

}  // namespace transkimmer
