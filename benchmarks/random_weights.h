#pragma once

#include <filesystem>

#include "model_files/config/model_config.h"

namespace transkimmer {

/// A BERT classifier of two labels of this shape: what BERT-base has unless changed.
struct ModelShape {
  std::int64_t layers = 12, hidden = 768, heads = 12, feed_forward = 3072, vocabulary = 1000;
  std::int64_t predictor_size = 0;  ///< 0: no skim predictors
};

/// The labels are "0" and "1", the positions 512.
ModelConfig config_of(const ModelShape& shape);

/// Writes config.json and weights drawn as BERT's are before training, always the same. Throws IoError.
void write_random_weights(const ModelConfig& config, const std::filesystem::path& directory);

}  // namespace transkimmer
