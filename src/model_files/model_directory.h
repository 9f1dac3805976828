#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model_files/config/model_config.h"

namespace transkimmer {

/// A weight to save: canonical name (model_weights.h), shape, and all elements row-major.
struct NamedTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> data;
};

/// Writes `directory` (made if absent) as Hugging Face has it: model.safetensors in F32 under file names,
/// then config.json. Each file is written beside and renamed. The order of `tensors` does not matter, but
/// exactly expected_weights(config.spec()) must be there. Throws Error naming the weight that is missing,
/// unknown or of another shape, before anything is written; IoError naming the path.
void save_model_weights(const std::filesystem::path& directory, const ModelConfig& config,
                        std::span<const NamedTensor> tensors);

/// Whether the model has a head that says something about texts, and is no encoder alone.
bool has_task_head(const ModelConfig& config);
/// Throws UsageError, which says what gives it one, when the model has no task head.
void require_task_head(const std::filesystem::path& directory, const ModelConfig& config);

/// Looks whether `directory` holds a whole model: config.json, all weights that it asks for, and a tokenizer.
/// Throws IoError or FormatError naming the file at fault. Reads no weight.
void require_whole_model(const std::filesystem::path& directory);

}  // namespace transkimmer
