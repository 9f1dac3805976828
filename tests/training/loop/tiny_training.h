#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "features/encoded_dataset.h"
#include "training/loop/trainer.h"

namespace transkimmer::test {

/// A classifier small enough to train in milliseconds: 2 layers of 16, vocabulary 40, dropout on.
ModelConfig tiny_config(const std::string& architecture = "bert");

/// Sequences of 4 to 12 tokens whose label says whether token 7 occurs in them.
EncodedDataset tiny_dataset(std::size_t size, std::uint64_t seed);

/// All weights of a model in one vector.
Tensor all_weights(const TrainingModel& model);

/// A model as training starts from it, and what was said about it.
struct LoadedModel {
  TrainingModel model;
  std::vector<std::string> notices;
};

/// With the settings of `config`.
LoadedModel load_model(const std::filesystem::path& directory, const ModelConfig& config);
/// With those of the directory's own config.json.
LoadedModel load_model(const std::filesystem::path& directory);

}  // namespace transkimmer::test
