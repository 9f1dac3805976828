#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// The file by which a directory of sentence-transformers is known.
inline constexpr const char* kModulesFile = "modules.json";

/// An entry of modules.json.
struct SentenceModule {
  std::string path;  ///< of its folder below the model's
  std::string type;  ///< "Pooling", without the package's name before it
};
/// The entries of `file`. Throws IoError, and FormatError naming it for what is no array of objects or for a
/// folder that is not beside it.
std::vector<SentenceModule> read_module_list(const std::filesystem::path& file);

/// What the modules of a sentence-transformers directory make of token states: modules.json and the folders
/// that it names (Pooling, Dense, Normalize; Dropout does nothing). Steps are named by their folder:
/// "2_Dense.linear". Nothing where there is no modules.json. Throws IoError, and FormatError naming file and
/// key for modules that we do not have, that stand in another order, or whose sizes do not fit `hidden_size`.
std::optional<HeadSpec> read_sentence_modules(const std::filesystem::path& directory,
                                              std::int64_t hidden_size);

/// Copies modules.json, the folders that it names and the settings beside it, where `source` has them.
void copy_sentence_modules(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace transkimmer
