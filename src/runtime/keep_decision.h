#pragma once

#include <cstddef>
#include <functional>

namespace transkimmer {

/// Decides in place of the threshold: whether the token (its index in the batch) goes through the layer,
/// given the predictor's margin logit_keep - logit_skim (0 for a model without predictors). Not asked for
/// tokens that are never skimmed. Called from one thread.
using KeepDecision = std::function<bool(std::size_t layer, std::size_t token, float margin)>;

}  // namespace transkimmer
