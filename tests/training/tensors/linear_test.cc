#include "training/tensors/linear.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "training/kernels/matrix_product.h"
#include "training/loop/tiny_training.h"
#include "training/skimming/skim_gate.h"
#include "training/tensors/compute_settings.h"

namespace transkimmer::test {
namespace {

/// A product's result, and the gradients that a given gradient of the result leads to.
struct Outcome {
  Tensor result, input, weight, bias;
};

Outcome run(const Tensor& input, const AffineWeights& weights, bool bf16) {
  const AutocastScope scope({.device = torch::kCPU, .bf16 = bf16});
  const Tensor x = input.detach().requires_grad_(true);
  const AffineWeights own{weights.weight.detach().requires_grad_(true),
                          weights.bias.detach().requires_grad_(true)};
  const Tensor result = linear(x, own);
  result.backward(at::sin(at::arange(result.numel(), torch::kFloat32)).view(result.sizes()));
  return {result.detach(), x.grad(), own.weight.grad(), own.bias.grad()};
}

double relative_error(const Tensor& found, const Tensor& expected) {
  return (at::norm(found - expected) / at::norm(expected)).item<double>();
}

class LinearInBf16 : public ::testing::TestWithParam<std::vector<std::int64_t>> {
 protected:
  void SetUp() override {
    if (!has_bf16_products()) GTEST_SKIP() << "this processor has no AVX-512 BF16";
  }
};

// Each operand is off by at most 2^-9 of itself, so a product by 2^-8, and sums average that out.
constexpr double kRounding = 1.0 / 256;

TEST_P(LinearInBf16, DiffersFromF32ByTheRoundingOfItsOperandsAlone) {
  torch::manual_seed(3);
  const Tensor input = at::randn(GetParam());
  const AffineWeights weights{at::randn({24, GetParam().back()}), at::randn({24})};
  const Outcome f32 = run(input, weights, false), bf16 = run(input, weights, true);
  EXPECT_EQ(bf16.result.sizes(), f32.result.sizes());
  EXPECT_EQ(bf16.result.scalar_type(), torch::kFloat32);
  EXPECT_LT(relative_error(bf16.result, f32.result), kRounding);
  EXPECT_GT(relative_error(bf16.result, f32.result), 0) << "nothing was rounded";
  EXPECT_LT(relative_error(bf16.input, f32.input), kRounding);
  EXPECT_LT(relative_error(bf16.weight, f32.weight), kRounding);
  EXPECT_TRUE(at::equal(bf16.bias, f32.bias));
}

TEST_P(LinearInBf16, IsExactOnOperandsOfFewBits) {
  torch::manual_seed(4);
  const Tensor input = at::randint(-8, 8, GetParam()).to(torch::kFloat32);
  const AffineWeights weights{at::randint(-8, 8, {24, GetParam().back()}).to(torch::kFloat32),
                              at::randint(-8, 8, {24}).to(torch::kFloat32)};
  EXPECT_TRUE(at::equal(run(input, weights, true).result, run(input, weights, false).result));
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearInBf16,
                         ::testing::Values(std::vector<std::int64_t>{1, 16},
                                           std::vector<std::int64_t>{3, 7, 33},
                                           std::vector<std::int64_t>{2, 64, 48}),
                         [](const auto& tested) {
                           std::string name = "input";
                           for (const std::int64_t size : tested.param)
                             name.append("_").append(std::to_string(size));
                           return name;
                         });

TEST(LinearInBf16Scope, LeavesSkimDecisionsInF32) {
  const TrainingModel model = TrainingModel::from_scratch(tiny_config(), {.seed = 2});
  const SkimPredictor predictor(model.parameters(), 0);
  torch::manual_seed(6);
  const Tensor hidden = at::randn({2, 5, 16});
  torch::NoGradGuard no_gradients;
  const Tensor outside = predictor.logits(hidden);
  const AutocastScope scope({.device = torch::kCPU, .bf16 = true});
  EXPECT_TRUE(at::equal(predictor.logits(hidden), outside));
}

TEST(LinearInBf16Scope, EndsWithTheScope) {
  EXPECT_FALSE(rounding_cpu_products());
  {
    const AutocastScope scope({.device = torch::kCPU, .bf16 = true});
    EXPECT_TRUE(rounding_cpu_products());
  }
  EXPECT_FALSE(rounding_cpu_products());
}

}  // namespace
}  // namespace transkimmer::test
