#pragma once

#include <filesystem>

#include "model_files/model_weights.h"

namespace transkimmer {

/// The files that a model directory keeps its weights in; safetensors come first where there are both.
enum class WeightFiles { none, safetensors, pytorch };
WeightFiles find_weight_files(const std::filesystem::path& directory);

/// All tensors of `directory`/model.safetensors or, without one, of the shards of
/// model.safetensors.index.json. Throws IoError or FormatError naming the file.
LoadedTensors load_weight_files(const std::filesystem::path& directory);

}  // namespace transkimmer
