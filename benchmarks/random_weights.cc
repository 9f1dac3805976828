#include "random_weights.h"

#include <random>
#include <string_view>
#include <vector>

#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"

namespace transkimmer {
namespace {

/// What a fresh predictor adds to the keep logit and takes from the skim logit: fine-tuning starts so, and
/// keeps every token.
constexpr float kKeepBias = 5.0F;

float mean_of(std::string_view weight) {
  const bool norm = weight.ends_with("LayerNorm.weight") || weight.ends_with("predictor.0.weight") ||
                    weight.ends_with("predictor.2.weight");
  return norm ? 1.0F : 0.0F;
}

}  // namespace

ModelConfig config_of(const ModelShape& shape) {
  ModelConfig config;
  config.head = HeadKind::classification;
  config.vocab_size = shape.vocabulary;
  config.hidden_size = shape.hidden;
  config.num_hidden_layers = shape.layers;
  config.num_attention_heads = shape.heads;
  config.intermediate_size = shape.feed_forward;
  config.max_position_embeddings = 512;
  config.type_vocab_size = 2;
  config.labels = {"0", "1"};
  config.skim.enabled = shape.predictor_size > 0;
  config.skim.predictor_size = shape.predictor_size;
  return config;
}

void write_random_weights(const ModelConfig& config, const std::filesystem::path& directory) {
  std::mt19937 generator(1);
  std::normal_distribution<float> normal(0, static_cast<float>(config.initializer_range));
  std::vector<std::vector<float>> values;
  std::vector<NamedTensor> tensors;
  const auto specs = expected_weights(config.spec());
  values.reserve(specs.size());
  for (const auto& spec : specs) {
    std::size_t count = 1;
    for (const std::int64_t extent : spec.shape) count *= static_cast<std::size_t>(extent);
    const float mean = mean_of(spec.name);
    auto& weight = values.emplace_back(count);
    for (float& value : weight) value = mean + normal(generator);
    if (spec.name.ends_with("predictor.4.bias")) weight = {-kKeepBias, kKeepBias};
    tensors.push_back({spec.name, spec.shape, weight});
  }
  save_model_weights(directory, config, tensors);
}

}  // namespace transkimmer
