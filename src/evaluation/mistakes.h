#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "datasets/dataset.h"
#include "evaluation/evaluate.h"
#include "model_files/config/model_config.h"

namespace transkimmer {

/// The examples that a classifier got wrong, the most confident mistakes first, as JSON lines: {"index": 3,
/// "text": ..., "text_pair": ..., "label": what is right, "predicted": ..., "score": its probability}.
/// `labels` [examples] are the right classes in the model's order; `indices` [examples] number the examples
/// of `dataset`. Throws IoError.
void write_mistakes(const std::filesystem::path& path, const ModelConfig& config, const Pass& pass,
                    const Dataset& dataset, std::span<const double> labels,
                    std::span<const std::size_t> indices);

}  // namespace transkimmer
