#pragma once

#include <filesystem>

#include "model_files/safetensors/safetensors.h"

namespace transkimmer {

/// Writes the model of `source` again into `destination` (made if absent) with all floating-point weights in
/// `dtype` (F32, F16 or BF16), shards joined to one model.safetensors, under their names in the file; tensors
/// that this project does not know go along. config.json stays as it is but for "torch_dtype"; tokenizer
/// files are copied, and those of another model removed. Throws UsageError when both are the same directory,
/// IoError, and FormatError naming file and tensor for a damaged model or a number that F16 cannot hold.
void convert_model(const std::filesystem::path& source, const std::filesystem::path& destination,
                   DType dtype);

}  // namespace transkimmer
