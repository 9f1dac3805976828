#include "plain_masked_lm.h"

#include <cmath>

namespace transkimmer {

PlainMaskedLm::PlainMaskedLm(const ModelConfig& config, const Parameters& parameters) : config_(config) {
  for (const auto& entry : parameters.entries())
    weights_[entry.spec.name] = entry.value.detach().clone().requires_grad_(true);
}

std::vector<Tensor> PlainMaskedLm::weights() const {
  std::vector<Tensor> all;
  for (const auto& [name, value] : weights_) all.push_back(value);
  return all;
}

Tensor PlainMaskedLm::dense(const Tensor& x, const std::string& name) const {
  return at::linear(x, weight(name + ".weight"), weight(name + ".bias"));
}

Tensor PlainMaskedLm::norm(const Tensor& x, const std::string& name) const {
  return at::layer_norm(x, {config_.hidden_size}, weight(name + ".weight"), weight(name + ".bias"),
                        config_.layer_norm_eps);
}

Tensor PlainMaskedLm::layer(const Tensor& x, const Tensor& bias, const std::string& name) const {
  const auto heads = [&](const char* what) {
    return dense(x, name + ".attention.self." + what)
        .view({x.size(0), x.size(1), config_.num_attention_heads, config_.head_size()})
        .transpose(1, 2);
  };
  const Tensor scores = at::matmul(heads("query"), heads("key").transpose(2, 3)) /
                        std::sqrt(static_cast<double>(config_.head_size()));
  const Tensor context =
      at::matmul(at::softmax(scores + bias, -1), heads("value")).transpose(1, 2).reshape(x.sizes());
  const Tensor attended =
      norm(dense(context, name + ".attention.output.dense") + x, name + ".attention.output.LayerNorm");
  const Tensor expanded = at::gelu(dense(attended, name + ".intermediate.dense"));
  return norm(dense(expanded, name + ".output.dense") + attended, name + ".output.LayerNorm");
}

Tensor PlainMaskedLm::loss(const Tensor& ids, const Tensor& real, const Tensor& labels) const {
  const Tensor& words = weight("embeddings.word_embeddings.weight");
  Tensor x = at::embedding(words, ids) +
             at::embedding(weight("embeddings.token_type_embeddings.weight"), at::zeros_like(ids)) +
             weight("embeddings.position_embeddings.weight").slice(0, 0, ids.size(1));
  x = norm(x, "embeddings.LayerNorm");
  const Tensor bias = ((1 - real) * -10000.0).unsqueeze(1).unsqueeze(1);
  for (std::int64_t i = 0; i < config_.num_hidden_layers; ++i)
    x = layer(x, bias, "encoder.layer." + std::to_string(i));
  x = norm(at::gelu(dense(x, "cls.predictions.transform.dense")), "cls.predictions.transform.LayerNorm");
  const Tensor logits = at::linear(x, words, weight("cls.predictions.bias"));
  return at::cross_entropy_loss(logits.view({-1, config_.vocab_size}), labels.view({-1}), {},
                                at::Reduction::Mean, -100);
}

}  // namespace transkimmer
