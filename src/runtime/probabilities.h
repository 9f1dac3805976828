#pragma once

#include <span>
#include <vector>

namespace transkimmer {

/// Softmax of a classifier's logits of one text, [labels].
std::vector<float> probabilities_of(std::span<const float> logits);

/// 1 / (1 + exp(-logit)): the probability of a label that holds or not.
float sigmoid(float logit);
/// The same of each logit, [labels].
std::vector<float> sigmoids_of(std::span<const float> logits);

}  // namespace transkimmer
