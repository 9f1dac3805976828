#pragma once

#include <cstddef>
#include <functional>

namespace transkimmer {

/// Decides in place of the threshold: whether the token (its index in the batch) goes through the layer,
/// given the predictor's margin logit_keep - logit_skim (0 for a model without predictors). In bf16 and int8,
/// a margin that is clear of the threshold need not be exact: see predict_margins. Not asked for tokens that
/// are never skimmed, or that leave because their text is done. Called from one thread.
using KeepDecision = std::function<bool(std::size_t layer, std::size_t token, float margin)>;

}  // namespace transkimmer
