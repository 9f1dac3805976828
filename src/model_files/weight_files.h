#pragma once

#include <filesystem>

#include "model_files/model_weights.h"

namespace transkimmer {

/// All tensors of `directory`/model.safetensors or, without one, of the shards of
/// model.safetensors.index.json. Throws IoError or FormatError naming the file.
LoadedTensors load_weight_files(const std::filesystem::path& directory);

}  // namespace transkimmer
