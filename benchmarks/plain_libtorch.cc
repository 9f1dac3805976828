#include "plain_libtorch.h"

#include <cmath>
#include <string>

namespace transkimmer {
namespace {

Tensor tensor(const ModelWeights& weights, const std::string& name) {
  const TensorView& view = weights.at(name);
  std::vector<float> values = to_floats(view);
  return torch::from_blob(values.data(), view.shape, torch::kFloat).clone();
}

}  // namespace

PlainBert::PlainBert(const ModelConfig& config, const ModelWeights& weights)
    : config_(config),
      words_(tensor(weights, "embeddings.word_embeddings.weight")),
      positions_(tensor(weights, "embeddings.position_embeddings.weight")),
      types_(tensor(weights, "embeddings.token_type_embeddings.weight")) {
  const auto linear = [&](const std::string& name) {
    return Linear{tensor(weights, name + ".weight"), tensor(weights, name + ".bias")};
  };
  embedding_norm_ = linear("embeddings.LayerNorm");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string prefix = "encoder.layer." + std::to_string(i) + ".";
    layers_.push_back({linear(prefix + "attention.self.query"), linear(prefix + "attention.self.key"),
                       linear(prefix + "attention.self.value"), linear(prefix + "attention.output.dense"),
                       linear(prefix + "attention.output.LayerNorm"), linear(prefix + "intermediate.dense"),
                       linear(prefix + "output.dense"), linear(prefix + "output.LayerNorm")});
  }
  if (config.head == HeadKind::question_answering) {
    output_ = linear("qa_outputs");
  } else {
    pooler_ = linear("pooler.dense");
    output_ = linear("classifier");
  }
}

Tensor PlainBert::normalize(const Tensor& x, const Linear& norm) const {
  return torch::layer_norm(x, {config_.hidden_size}, norm.weight, norm.bias, config_.layer_norm_eps);
}

Tensor PlainBert::split_heads(const Tensor& x) const {
  return x.view({x.size(0), x.size(1), config_.num_attention_heads, config_.head_size()}).transpose(1, 2);
}

Tensor PlainBert::run_layer(const Layer& layer, const Tensor& hidden, const Tensor& bias) const {
  const auto project = [&](const Linear& linear) {
    return split_heads(at::linear(hidden, linear.weight, linear.bias));
  };
  const Tensor scores = torch::matmul(project(layer.query), project(layer.key).transpose(2, 3)) /
                        std::sqrt(static_cast<double>(config_.head_size()));
  const Tensor context = torch::matmul(torch::softmax(scores + bias, -1), project(layer.value))
                             .transpose(1, 2)
                             .reshape(hidden.sizes());
  const Tensor attended =
      normalize(at::linear(context, layer.attention_output.weight, layer.attention_output.bias) + hidden,
                layer.attention_norm);
  const Tensor wide = torch::gelu(at::linear(attended, layer.intermediate.weight, layer.intermediate.bias));
  return normalize(at::linear(wide, layer.output.weight, layer.output.bias) + attended, layer.output_norm);
}

Tensor PlainBert::forward(const Tensor& ids, const Tensor& types, const Tensor& mask) const {
  const torch::InferenceMode inference;
  Tensor hidden =
      torch::embedding(words_, ids) + torch::embedding(types_, types) + positions_.slice(0, 0, ids.size(1));
  hidden = normalize(hidden, embedding_norm_);
  const Tensor bias = ((1 - mask) * -10000.0).unsqueeze(1).unsqueeze(1);
  for (const Layer& layer : layers_) hidden = run_layer(layer, hidden, bias);
  if (config_.head != HeadKind::question_answering)
    hidden = torch::tanh(at::linear(hidden.select(1, 0), pooler_.weight, pooler_.bias));
  return at::linear(hidden, output_.weight, output_.bias);
}

}  // namespace transkimmer
