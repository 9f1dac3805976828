#pragma once

#include <filesystem>
#include <functional>
#include <set>
#include <string>

#include "model_files/weights/model_weights.h"

namespace transkimmer {

/// Names of the files of weights in Hugging Face's directories: safetensors, and PyTorch's own.
inline constexpr const char* kSafetensorsWeights = "model.safetensors";
inline constexpr const char* kPytorchWeights = "pytorch_model.bin";
/// The list of the shards that stand for such a file: "model.safetensors.index.json".
std::string shard_list_name(const std::string& weights);
/// The files that such a list names, which lie beside it; reads none of them. Throws IoError or FormatError.
std::set<std::string> shards_of(const std::filesystem::path& list);

/// The files that a model directory keeps its weights in; safetensors come first where there are both.
enum class WeightFiles { none, safetensors, pytorch };
/// Looks for files of their names alone, whole or the index of shards; reads none.
WeightFiles find_weight_files(const std::filesystem::path& directory);

/// Adds the tensors of one file to what was loaded before. Throws IoError or FormatError naming the file.
using WeightReader = std::function<void(const std::filesystem::path& file, LoadedTensors& loaded)>;

/// All tensors of `directory`/NAME or, without one, of the shards that NAME.index.json lists, read by
/// `reader`. Throws IoError when there is neither, FormatError for an index that is malformed or names a
/// tensor that its shard lacks.
LoadedTensors load_whole_or_shards(const std::filesystem::path& directory, const std::string& name,
                                   const WeightReader& reader);

/// The same of model.safetensors.
LoadedTensors load_weight_files(const std::filesystem::path& directory);

/// Adds the tensors of `directory`/`folder`/model.safetensors under names that begin with "`folder`.". Throws
/// as load_weight_files does.
void add_weight_folder(const std::filesystem::path& directory, const std::string& folder,
                       LoadedTensors& loaded);

}  // namespace transkimmer
