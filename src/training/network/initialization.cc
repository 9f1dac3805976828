#include "training/network/initialization.h"

#include <optional>
#include <string_view>

#include "base/fnv1a.h"
#include "training/network/neighbour_initialization.h"
#include "training/tensors/random_streams.h"

namespace transkimmer {
namespace {

constexpr double kPredictorDeviation = 0.02;
// As published: predictors start by keeping everything (P(skim) is about 5e-5 per token and layer).
constexpr float kPublishedKeepBias = 5.0F;
// Towards a share of the arithmetic they decide without noise: any margin keeps, and a small one hears the
// gradient.
constexpr float kSteeredKeepBias = 1.0F;

std::uint64_t hash_of(std::string_view text) {
  Fnv1a hash;
  hash.add(text);
  return hash.value();
}

Tensor normal(torch::IntArrayRef shape, double deviation, std::uint64_t seed) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return at::randn(shape, generator, torch::TensorOptions().dtype(torch::kFloat32)) * deviation;
}

/// A fresh table whose padding row adds nothing.
Tensor padded_table(const WeightSpec& spec, const ModelSpec& model, std::uint64_t seed) {
  Tensor value = normal(spec.shape, model.initializer_range, seed);
  value.select(0, model.embeddings.padding_id).zero_();
  return value;
}

Tensor initial_value(const WeightSpec& spec, const ModelSpec& model, std::uint64_t seed) {
  switch (spec.role) {
    case WeightRole::norm_scale:
      return at::ones(spec.shape);
    case WeightRole::norm_shift:
    case WeightRole::bias:
      return at::zeros(spec.shape);
    case WeightRole::decision_bias: {
      const float bias = model.skim.target_compute ? kSteeredKeepBias : kPublishedKeepBias;
      return normal(spec.shape, kPredictorDeviation, seed) + at::tensor({-bias, bias}, torch::kFloat32);
    }
    case WeightRole::word_table:
      return padded_table(spec, model, seed);
    case WeightRole::position_table:
      if (model.embeddings.positions == Positions::behind_padding) return padded_table(spec, model, seed);
      [[fallthrough]];
    case WeightRole::type_table:
      return normal(spec.shape, model.initializer_range, seed);
    case WeightRole::matrix:
      return normal(spec.shape,
                    spec.group == WeightGroup::predictor ? kPredictorDeviation : model.initializer_range,
                    seed);
  }
  return at::zeros(spec.shape);
}

}  // namespace

void initialize_weight(const Parameters::Entry& entry, const ModelSpec& model, Initialization kind,
                       std::uint64_t seed) {
  torch::NoGradGuard no_gradients;
  const std::uint64_t own_seed = mix_seeds(seed, hash_of(entry.spec.name));
  std::optional<Tensor> value;
  if (kind == Initialization::neighbours) value = neighbour_initial_value(entry.spec, model, own_seed);
  entry.value.copy_(value ? *value : initial_value(entry.spec, model, own_seed));
}

}  // namespace transkimmer
