#include "training/cpu_attention.h"

#include <vector>

#include <gtest/gtest.h>

namespace transkimmer::test {
namespace {

struct Outcome {
  Tensor context, query, key, value, kept;
};

Outcome run(const std::vector<Tensor>& inputs, const Tensor& real, const Tensor& gradient) {
  std::vector<Tensor> own;
  for (const Tensor& input : inputs) own.push_back(input.detach().clone().requires_grad_(true));
  const Tensor context = cpu_attention(
      {.query = own[0], .key = own[1], .value = own[2], .kept = own[3], .real = real}, /*heads=*/4, {});
  context.backward(gradient);
  return {context.detach(), own[0].grad(), own[1].grad(), own[2].grad(), own[3].grad()};
}

// Long sequences are worked on a few at a time: 600 tokens and 4 heads fill the scratch with one.
TEST(CpuAttention, GivesASequenceTheSameInALongBatchAsAlone) {
  torch::manual_seed(8);
  constexpr std::int64_t batch = 3, length = 600, hidden = 32;
  const Tensor real = at::ones({batch, length});
  real[1].slice(0, 450).zero_();
  const Tensor kept = at::rand({batch, length}).gt(0.4).to(torch::kFloat32) * real;
  kept.select(1, 0).fill_(1);
  const std::vector<Tensor> inputs = {at::randn({batch, length, hidden}), at::randn({batch, length, hidden}),
                                      at::randn({batch, length, hidden}), kept};
  const Tensor gradient = at::randn({batch, length, hidden});
  const Outcome together = run(inputs, real, gradient);
  for (std::int64_t i = 0; i < batch; ++i) {
    const auto one = [i](const Tensor& tensor) { return tensor.slice(0, i, i + 1); };
    const Outcome alone =
        run({one(inputs[0]), one(inputs[1]), one(inputs[2]), one(inputs[3])}, one(real), one(gradient));
    EXPECT_TRUE(at::allclose(one(together.context), alone.context, 1e-5, 1e-6)) << i;
    EXPECT_TRUE(at::allclose(one(together.query), alone.query, 1e-4, 1e-6)) << i;
    EXPECT_TRUE(at::allclose(one(together.key), alone.key, 1e-4, 1e-6)) << i;
    EXPECT_TRUE(at::allclose(one(together.value), alone.value, 1e-4, 1e-6)) << i;
    EXPECT_TRUE(at::allclose(one(together.kept), alone.kept, 1e-4, 1e-5)) << i;
  }
}

}  // namespace
}  // namespace transkimmer::test
