#pragma once

#include <span>
#include <vector>

namespace transkimmer {

/// Softmax of a classifier's logits of one text, [labels].
std::vector<float> probabilities_of(std::span<const float> logits);

}  // namespace transkimmer
