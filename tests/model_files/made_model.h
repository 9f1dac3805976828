#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "model_files/architectures/architecture.h"
#include "model_files/model_directory.h"
#include "model_files/weights/model_weights.h"

namespace transkimmer::test {

/// The weights of a config, all different, so that a mix-up of names cannot hide.
struct MadeWeights {
  std::vector<std::vector<float>> data;
  std::vector<NamedTensor> tensors;

  explicit MadeWeights(const ModelConfig& config) {
    float next = 0;
    for (const WeightSpec& spec : expected_weights(config.spec())) {
      std::size_t elements = 1;
      for (const std::int64_t size : spec.shape) elements *= static_cast<std::size_t>(size);
      std::vector<float>& values = data.emplace_back(elements);
      for (float& value : values) value = (next += 0.5F);
      tensors.push_back({.name = spec.name, .shape = spec.shape, .data = values});
    }
  }
};

/// 2 layers of 4, vocabulary 11; three labels for classification, one for regression.
inline ModelConfig small_config(const std::string& architecture, HeadKind head) {
  ModelConfig config;
  config.model_type = architecture;
  config.head = head;
  config.vocab_size = 11;
  config.hidden_size = 4;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 6;
  config.max_position_embeddings = 8;
  if (architecture_of(architecture).embedding_size > 0) config.embedding_size = 3;
  config.type_vocab_size = architecture_of(architecture).types == TokenTypes::none ? 0 : 2;
  config.pad_token_id = architecture_of(architecture).padding_id;
  if (head == HeadKind::classification) config.labels = {"a", "b", "c"};
  if (head == HeadKind::regression) config.labels = {"score"};
  return config;
}

/// A tensor of a file that a test takes apart and writes again in another way.
struct EditableTensor {
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> data;
};
using EditableTensors = std::map<std::string, EditableTensor>;

/// All tensors of a safetensors file, by name.
inline EditableTensors read_tensors(const std::filesystem::path& path) {
  EditableTensors tensors;
  const SafetensorsFile file = SafetensorsFile::open(path);
  for (const auto& [name, view] : file.tensors())
    tensors[name] = {view.dtype, view.shape, {view.data.begin(), view.data.end()}};
  return tensors;
}

/// Writes them as a safetensors file, in the order of their names.
inline void write_tensors(const std::filesystem::path& path, const EditableTensors& tensors) {
  std::vector<TensorToWrite> list;
  for (const auto& [name, tensor] : tensors)
    list.push_back({.name = name, .dtype = tensor.dtype, .shape = tensor.shape, .data = tensor.data});
  write_safetensors(path, list);
}

/// A saved model of `config` whose tensors `edit` changes.
template <typename Edit>
void make_edited_model(const std::filesystem::path& directory, const ModelConfig& config, Edit edit) {
  save_model_weights(directory, config, MadeWeights(config).tensors);
  EditableTensors tensors = read_tensors(directory / "model.safetensors");
  edit(tensors);
  write_tensors(directory / "model.safetensors", tensors);
}

}  // namespace transkimmer::test
