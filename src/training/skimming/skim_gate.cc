#include "training/skimming/skim_gate.h"

#include "model/weight_specs.h"
#include "training/tensors/linear.h"

namespace transkimmer {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::tensor_list;

class StraightThrough : public Function<StraightThrough> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& margin, double temperature) {
    ctx->save_for_backward({margin});
    ctx->saved_data["temperature"] = temperature;
    return margin.gt(0).to(margin.scalar_type());
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const double temperature = ctx->saved_data["temperature"].toDouble();
    const Tensor soft = at::sigmoid(ctx->get_saved_variables()[0] / temperature);
    return {gradients[0] * soft * (1 - soft) / temperature, Tensor()};
  }
};

class SelectTokens : public Function<SelectTokens> {
 public:
  static Tensor forward(AutogradContext* ctx, const Tensor& carried, const Tensor& taken,
                        const Tensor& mask) {
    ctx->save_for_backward({carried, taken, mask});
    return at::where(mask.unsqueeze(-1).gt(0), taken, carried);
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list gradients) {
    const auto saved = ctx->get_saved_variables();
    const Tensor& gradient = gradients[0];
    const Tensor weight = saved[2].unsqueeze(-1);
    const Tensor to_taken = gradient * weight;
    return {gradient - to_taken, to_taken, at::sum(gradient * (saved[1] - saved[0]), -1)};
  }
};

}  // namespace

SkimPredictor::SkimPredictor(const Parameters& parameters, std::size_t layer) {
  const PredictorNames names = predictor_names(layer);
  input_norm_ = affine_weights(parameters, names.input_norm);
  hidden_ = affine_weights(parameters, names.projection);
  hidden_norm_ = affine_weights(parameters, names.projection_norm);
  output_ = affine_weights(parameters, names.decision);
}

Tensor SkimPredictor::logits(const Tensor& hidden) const {
  // Decisions are taken in f32 whatever the precision of the layers, as the runtime takes them.
  const Tensor x = linear_in_f32(layer_norm(hidden, input_norm_, kPredictorNormEpsilon), hidden_);
  return linear_in_f32(at::gelu(layer_norm(x, hidden_norm_, kPredictorNormEpsilon)), output_);
}

Tensor straight_through_decisions(const Tensor& logits, const Tensor& noise, const GateOptions& options) {
  const Tensor wide = logits.to(torch::kFloat32);
  Tensor margin = wide.select(-1, 1) - wide.select(-1, 0);
  if (noise.defined()) margin = margin + noise;
  if (options.threshold != 0) margin = margin - options.threshold;
  const Tensor decisions = StraightThrough::apply(margin, options.temperature);
  if (!options.keep_first) return decisions;
  return at::cat({at::ones_like(decisions.slice(1, 0, 1)), decisions.slice(1, 1)}, 1);
}

Tensor draw_gate_noise(torch::IntArrayRef shape, torch::Device device, std::uint64_t seed) {
  // On the CPU whatever the device, so that a seed means the same noise everywhere.
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const Tensor uniform = at::rand(shape, generator, torch::TensorOptions().dtype(torch::kFloat32));
  return at::logit(uniform, 1e-7).to(device);
}

Tensor select_tokens(const Tensor& carried, const Tensor& taken, const Tensor& mask) {
  return SelectTokens::apply(carried, taken.to(carried.scalar_type()), mask);
}

}  // namespace transkimmer
