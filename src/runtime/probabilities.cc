#include "runtime/probabilities.h"

#include <algorithm>
#include <cmath>

namespace transkimmer {

std::vector<float> probabilities_of(std::span<const float> logits) {
  const float largest = *std::max_element(logits.begin(), logits.end());
  std::vector<float> result;
  float sum = 0;
  for (const float logit : logits) sum += result.emplace_back(std::exp(logit - largest));
  for (float& value : result) value /= sum;
  return result;
}

float sigmoid(float logit) {
  return 1.0F / (1.0F + std::exp(-logit));
}

std::vector<float> sigmoids_of(std::span<const float> logits) {
  std::vector<float> result;
  for (const float logit : logits) result.push_back(sigmoid(logit));
  return result;
}

}  // namespace transkimmer
