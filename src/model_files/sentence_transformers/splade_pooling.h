#pragma once

#include <filesystem>
#include <optional>

namespace transkimmer {

/// How sentence-transformers' SpladePooling makes a sparse vector of a text's logits over the vocabulary.
struct SpladePooling {
  bool sum = false;    ///< over tokens, not their largest
  bool twice = false;  ///< log(1 + x) of log(1 + relu(x)) once more ("log1p_relu")
};

/// What modules.json of a SparseEncoder says; nothing where there is none, or none with SpladePooling. Throws
/// IoError, FormatError naming file, module and key.
std::optional<SpladePooling> read_splade_pooling(const std::filesystem::path& directory);

}  // namespace transkimmer
