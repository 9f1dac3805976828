// Losses of classes that do not count alike, beside the formula of torch.nn.CrossEntropyLoss written out.

#include "training/network/losses.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

/// sum_i w[y_i] (1 - s) nll_i(y_i) + s / C sum_c w[c] nll_i(c), over sum_i w[y_i].
double expected_loss(const std::vector<std::vector<double>>& logits, const std::vector<std::int64_t>& classes,
                     const std::vector<double>& weights, double smoothing) {
  double sum = 0, all = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    double total = 0;
    for (const double logit : logits[i]) total += std::exp(logit);
    const auto nll = [&](std::size_t c) { return std::log(total) - logits[i][c]; };
    const auto right = static_cast<std::size_t>(classes[i]);
    sum += (1 - smoothing) * weights[right] * nll(right);
    for (std::size_t c = 0; c < weights.size(); ++c)
      sum += smoothing / static_cast<double>(weights.size()) * weights[c] * nll(c);
    all += weights[right];
  }
  return sum / all;
}

const std::vector<std::vector<double>> kLogits = {
    {1.0, -0.5, 0.25}, {0.0, 2.0, -1.0}, {0.5, 0.5, 3.0}, {-1.0, 0.0, 1.0}};
const std::vector<std::int64_t> kClasses = {0, 2, 2, 1};

Tensor logits_tensor() {
  std::vector<double> flat;
  for (const auto& row : kLogits) flat.insert(flat.end(), row.begin(), row.end());
  return at::tensor(flat).reshape({4, 3}).to(torch::kFloat32);
}

TEST(ClassificationLoss, WeighsClassesAndSmoothsLabelsAsPyTorchDoes) {
  for (const double smoothing : {0.0, 0.1, 1.0})
    for (const std::vector<double>& weights : {std::vector<double>{1, 1, 1}, {0.5, 2, 1.25}}) {
      ClassLossOptions options{.weights = at::tensor(weights).to(torch::kFloat32),
                               .label_smoothing = smoothing};
      EXPECT_NEAR(classification_loss(logits_tensor(), at::tensor(kClasses), options).item<double>(),
                  expected_loss(kLogits, kClasses, weights, smoothing), 1e-6);
    }
}

TEST(ClassificationLoss, WithoutOptionsAllClassesCountAlike) {
  EXPECT_NEAR(classification_loss(logits_tensor(), at::tensor(kClasses)).item<double>(),
              expected_loss(kLogits, kClasses, {1, 1, 1}, 0), 1e-6);
}

TEST(TokenClassificationLoss, TakesTheSameOptionsForLabelledTokens) {
  const std::vector<std::int64_t> tags = {0, -100, 2, -100};
  const ClassLossOptions options{.weights = at::tensor(std::vector<double>{0.5, 2, 1.25}).to(torch::kFloat32),
                                 .label_smoothing = 0.2};
  EXPECT_NEAR(
      token_classification_loss(logits_tensor().reshape({2, 2, 3}), at::tensor(tags).reshape({2, 2}), options)
          .item<double>(),
      expected_loss({kLogits[0], kLogits[2]}, {0, 2}, {0.5, 2, 1.25}, 0.2), 1e-6);
}

}  // namespace
}  // namespace transkimmer
