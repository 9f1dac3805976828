#pragma once

#include <filesystem>

#include "model_files/weights/model_weights.h"

namespace transkimmer {

/// Adds the tensors of a state dict that torch.save() wrote as a zip archive (PyTorch 1.6 and later), such as
/// Hugging Face's `pytorch_model.bin` or a shard of it: a WeightReader. Throws IoError, or FormatError naming
/// the file and, where one is at fault, the tensor: for files of older PyTorch, damaged ones, and pickles
/// that hold anything but tensors by name.
void add_pytorch_checkpoint(const std::filesystem::path& file, LoadedTensors& loaded);

}  // namespace transkimmer
