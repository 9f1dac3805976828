#pragma once

#include <filesystem>

#include "onnx_export/onnx_products.h"

namespace transkimmer {

/// Writes `destination`/model.onnx, the dense model of `source` (see build_encoder_graph for inputs, outputs
/// and products), with config.json and the tokenizer files beside it, as transformers' exporters lay it out.
/// Throws UsageError when the weights exceed the 2 GiB that one ONNX file can hold, IoError, and FormatError
/// naming file and weight for a damaged model.
void export_onnx(const std::filesystem::path& source, const std::filesystem::path& destination,
                 OnnxProducts products);

}  // namespace transkimmer
