#pragma once

#include <filesystem>

#include "model_files/model_weights.h"

namespace transkimmer {

/// The tensors of a state dict that torch.save() wrote as a zip archive (PyTorch 1.6 and later), such as
/// Hugging Face's `pytorch_model.bin`, for ModelWeights::match(). Throws IoError, or FormatError naming the
/// file and, where one is at fault, the tensor: for files of older PyTorch, damaged ones, and pickles that
/// hold anything but tensors by name.
LoadedTensors load_pytorch_checkpoint(const std::filesystem::path& path);

}  // namespace transkimmer
