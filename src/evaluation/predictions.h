#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "evaluation/evaluate.h"
#include "model_files/config/model_config.h"

namespace transkimmer {

/// What a classifier or regression model says of every example, as JSON lines: {"index": 3, "label":
/// "positive", "scores": [0.1, 0.9]}. `indices` [examples] number them; scores are probabilities in the order
/// of the model's labels. Of a multi-label model "labels" are those whose probability is above 0.5; of
/// regression and reranking the number, not squeezed by any activation, is the label and the only score.
/// Throws IoError.
void write_predictions(const std::filesystem::path& path, const ModelConfig& config, const Pass& pass,
                       std::span<const std::size_t> indices);

}  // namespace transkimmer
