#include "training/network/heads.h"

#include <string>

#include "model/weight_specs.h"
#include "training/network/activate.h"
#include "training/tensors/linear.h"
#include "transkimmer/error.h"

namespace transkimmer {

Head::Head(const ModelSpec& spec, const Parameters& parameters)
    : kind_(spec.head.kind), reads_(spec.head.reads), norm_epsilon_(spec.norm_epsilon) {
  if (spec.head.steps.empty() || reads_ == Reads::pooled)
    throw UsageError("a model with head '" + std::string(name_of(kind_)) + "' cannot be trained");
  for (const HeadStep& step : spec.head.steps) {
    const AffineWeights linear =
        step.tied ? AffineWeights{parameters.at(embedding_names().words), parameters.at(step.name + ".bias")}
                  : affine_weights(parameters, step.name);
    steps_.push_back({.linear = linear,
                      .activation = step.activation,
                      .norm = step.norm.empty() ? AffineWeights{} : affine_weights(parameters, step.norm),
                      .dropout = step.dropout,
                      .pooler = step.pooler});
  }
}

Tensor Head::states_to_read(const Tensor& hidden, const Tensor& predicted) const {
  if (reads_ == Reads::first) return hidden.select(1, 0);
  if (kind_ != HeadKind::masked_lm) return hidden;
  const Tensor tokens = hidden.reshape({-1, hidden.size(-1)});
  // Only what is asked for is computed: the output layer costs as much as several encoder layers.
  return predicted.defined() ? at::index_select(tokens, 0, predicted) : tokens;
}

HeadOutput Head::forward(const Tensor& hidden, const Tensor& predicted, const DropoutContext& context) const {
  HeadOutput output;
  output.logits = states_to_read(hidden, predicted);
  for (const Step& step : steps_) {
    const Tensor x = step.dropout > 0 ? dropout(output.logits, step.dropout, context) : output.logits;
    output.logits = activate(step.activation, linear(x, step.linear));
    if (step.norm.weight.defined()) output.logits = layer_norm(output.logits, step.norm, norm_epsilon_);
    if (step.pooler) output.pooled = output.logits;
  }
  return output;
}

}  // namespace transkimmer
