#include "training/loop/tiny_training.h"

#include <random>
#include <utility>

#include "model_files/architectures/architecture.h"

namespace transkimmer::test {

ModelConfig tiny_config(const std::string& architecture) {
  ModelConfig config;
  config.model_type = architecture;
  config.head = HeadKind::classification;
  config.vocab_size = 40;
  config.hidden_size = 16;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 32;
  config.max_position_embeddings = 32;
  if (architecture_of(architecture).embedding_size > 0) config.embedding_size = 10;
  const TokenTypes types = architecture_of(architecture).types;
  config.type_vocab_size = types == TokenTypes::none ? 0 : types == TokenTypes::given ? 2 : 1;
  config.pad_token_id = architecture_of(architecture).padding_id;
  config.labels = {"absent", "present"};
  config.skim = {.enabled = true, .predictor_size = 8, .coefficient = 0.3};
  return config;
}

EncodedDataset tiny_dataset(std::size_t size, std::uint64_t seed) {
  constexpr std::int32_t kFirstWord = 5;
  constexpr std::int32_t kTellingWord = 7;
  std::mt19937_64 random(seed);
  EncodedDataset dataset;
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t length = 4 + random() % 9;
    const bool present = random() % 2 == 1;
    dataset.ids.push_back(2);
    for (std::size_t t = 1; t < length; ++t) {
      const auto word = static_cast<std::int32_t>(kFirstWord + 3 + random() % 32);
      dataset.ids.push_back(present && t == 2 ? kTellingWord : word);
    }
    dataset.starts.push_back(dataset.ids.size());
    dataset.labels.push_back(present ? 1 : 0);
  }
  dataset.type_ids.assign(dataset.ids.size(), 0);
  return dataset;
}

Tensor all_weights(const TrainingModel& model) {
  std::vector<Tensor> parts;
  for (const auto& entry : model.parameters().entries()) parts.push_back(entry.value.detach().flatten());
  return at::cat(parts);
}

LoadedModel load_model(const std::filesystem::path& directory, const ModelConfig& config) {
  std::vector<std::string> notices;
  TrainingModel model = TrainingModel::load(directory, config, {},
                                            [&](const std::string& notice) { notices.push_back(notice); });
  return {std::move(model), std::move(notices)};
}

LoadedModel load_model(const std::filesystem::path& directory) {
  return load_model(directory, ModelConfig::load(directory));
}

}  // namespace transkimmer::test
