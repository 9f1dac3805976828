#include "training/network/heads.h"

#include <string>

#include "model/weight_specs.h"
#include "training/network/activate.h"
#include "training/network/pooling.h"
#include "training/tensors/linear.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

AffineWeights linear_weights(const HeadStep& step, const Parameters& parameters) {
  const Tensor& weight = parameters.at(step.tied ? embedding_names().words : step.name + ".weight");
  return {weight, step.biased ? parameters.at(step.name + ".bias") : at::zeros({step.out}, weight.options())};
}

}  // namespace

Head::Head(const ModelSpec& spec, const Parameters& parameters)
    : output_(traits_of(spec.head.kind).output),
      reads_(spec.head.reads),
      pooling_(spec.head.pooling),
      normalize_(spec.head.normalize),
      norm_epsilon_(spec.norm_epsilon) {
  if (reads_ == Reads::none)
    throw UsageError("a model with head '" + std::string(name_of(spec.head.kind)) + "' cannot be trained");
  for (const HeadStep& step : spec.head.steps) {
    steps_.push_back({.linear = linear_weights(step, parameters),
                      .activation = step.activation,
                      .norm = step.norm.empty() ? AffineWeights{} : affine_weights(parameters, step.norm),
                      .dropout = step.dropout,
                      .pooler = step.pooler});
  }
}

Tensor Head::states_to_read(const HeadInput& input) const {
  const auto& [hidden, predicted, real] = input;
  if (reads_ == Reads::first) return hidden.select(1, 0);
  if (reads_ == Reads::pooled) return pool_states(hidden, real, pooling_);
  if (output_ != Output::vocabulary) return hidden;
  const Tensor tokens = hidden.reshape({-1, hidden.size(-1)});
  // Only what is asked for is computed: the output layer costs as much as several encoder layers.
  return predicted.defined() ? at::index_select(tokens, 0, predicted) : tokens;
}

HeadOutput Head::forward(const HeadInput& input, const DropoutContext& context) const {
  HeadOutput output;
  output.logits = states_to_read(input);
  for (const Step& step : steps_) {
    const Tensor x = step.dropout > 0 ? dropout(output.logits, step.dropout, context) : output.logits;
    output.logits = activate(step.activation, linear(x, step.linear));
    if (step.norm.weight.defined()) output.logits = layer_norm(output.logits, step.norm, norm_epsilon_);
    if (step.pooler) output.pooled = output.logits;
  }
  if (normalize_) output.logits = of_length_1(output.logits);
  return output;
}

}  // namespace transkimmer
