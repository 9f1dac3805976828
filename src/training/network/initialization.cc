#include "training/network/initialization.h"

#include <optional>
#include <string_view>

#include "base/fnv1a.h"
#include "training/network/neighbour_initialization.h"
#include "training/tensors/random_streams.h"

namespace transkimmer {
namespace {

constexpr double predictor_deviation = 0.02;
// As published: predictors start by keeping everything (P(skim) is about 5e-5 per token and layer).
constexpr float published_keep_bias = 5.0F;
// Towards a share of the arithmetic they decide without noise: any margin keeps, and a small one hears the
// gradient.
constexpr float steered_keep_bias = 1.0F;

std::uint64_t hash_of(std::string_view text) {
  Fnv1a hash;
  hash.add(text);
  return hash.value();
}

Tensor normal(torch::IntArrayRef shape, double deviation, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, torch::TensorOptions().dtype(torch::kFloat32)) * deviation;
}

bool is_norm(std::string_view name) {
  return name.find("LayerNorm") != name.npos || name.find("layer_norm") != name.npos ||
         name.find(".predictor.0.") != name.npos || name.find(".predictor.2.") != name.npos;
}

Tensor initial_value(const WeightSpec& spec, const ModelConfig& config, std::uint64_t seed) {
  const std::string_view name = spec.name;
  if (is_norm(name)) return name.ends_with(".weight") ? at::ones(spec.shape) : at::zeros(spec.shape);
  if (spec.group == WeightGroup::predictor) {
    const Tensor value = normal(spec.shape, predictor_deviation, seed);
    if (!name.ends_with(".predictor.4.bias")) return name.ends_with(".bias") ? at::zeros(spec.shape) : value;
    const float bias = config.skim.target_compute ? steered_keep_bias : published_keep_bias;
    return value + at::tensor({-bias, bias}, torch::kFloat32);
  }
  if (name.ends_with(".bias")) return at::zeros(spec.shape);
  Tensor value = normal(spec.shape, config.initializer_range, seed);
  const bool padded_table =
      name == "embeddings.word_embeddings.weight" ||
      (config.architecture == Architecture::roberta && name == "embeddings.position_embeddings.weight");
  if (padded_table) value.select(0, config.pad_token_id).zero_();
  return value;
}

}  // namespace

void initialize_weight(const Parameters::Entry& entry, const ModelConfig& config, Initialization kind,
                       std::uint64_t seed) {
  torch::NoGradGuard no_gradients;
  const std::uint64_t own_seed = mix_seeds(seed, hash_of(entry.spec.name));
  std::optional<Tensor> value;
  if (kind == Initialization::neighbours) value = neighbour_initial_value(entry.spec, config, own_seed);
  entry.value.copy_(value ? *value : initial_value(entry.spec, config, own_seed));
}

}  // namespace transkimmer
