#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// The file by which a directory of sentence-transformers is known.
inline constexpr const char* kModulesFile = "modules.json";

/// What the modules of a sentence-transformers directory make of token states: modules.json and the folders
/// that it names (Pooling, Dense, Normalize; Dropout does nothing). Steps are named by their folder:
/// "2_Dense.linear". Nothing where there is no modules.json. Throws IoError, and FormatError naming file and
/// key for modules that we do not have, that stand in another order, or whose sizes do not fit `hidden_size`.
std::optional<HeadSpec> read_sentence_modules(const std::filesystem::path& directory,
                                              std::int64_t hidden_size);

/// Writes modules.json and the folders' settings for a head that read_sentence_modules has read; the weights
/// of its steps are not among them. Throws IoError.
void write_sentence_modules(const std::filesystem::path& directory, const HeadSpec& head,
                            std::int64_t hidden_size);

/// The folder of a step's weights, and of its settings: "2_Dense" of "2_Dense.linear".
std::string module_folder(const HeadStep& step);

/// The folders that modules.json of a directory names, below it. Throws IoError or FormatError.
std::vector<std::string> module_folders(const std::filesystem::path& directory);

/// Copies modules.json, the folders that it names and the settings beside it, where `source` has them; else
/// removes a modules.json of `destination`, which would make an embedder of any encoder.
void copy_sentence_modules(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace transkimmer
