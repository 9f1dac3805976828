#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// The file by which a directory of sentence-transformers is known.
inline constexpr const char* kModulesFile = "modules.json";

/// The module that makes a sparse vector of logits over the vocabulary, see splade_pooling.h.
inline constexpr const char* kSpladeModule = "SpladePooling";

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
/// "2_Dense.linear". Nothing where there is no modules.json, or one of sparse vectors. Throws IoError, and
/// FormatError naming file and key for modules that we do not have, that stand in another order, or whose
/// sizes do not fit `hidden_size`.
std::optional<HeadSpec> read_sentence_modules(const std::filesystem::path& directory,
                                              std::int64_t hidden_size);

/// Writes modules.json and the folders' settings for a head that read_sentence_modules has read; the weights
/// of its steps are not among them. Throws IoError.
void write_sentence_modules(const std::filesystem::path& directory, const HeadSpec& head,
                            std::int64_t hidden_size);

/// The folder of a step's weights, and of its settings: "2_Dense" of "2_Dense.linear".
std::string module_folder(const HeadStep& step);

/// Copies modules.json, the folders that it names and the settings beside it, where `source` has them; else
/// removes a modules.json of `destination`, which would make an embedder of any encoder.
void copy_sentence_modules(const std::filesystem::path& source, const std::filesystem::path& destination);

}  // namespace transkimmer
