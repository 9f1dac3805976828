#pragma once

#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace transkimmer {

/// Of the files that a model on the Hub has, those that are read here. They are chosen in two steps, as the
/// settings say which of the rest are needed.
struct WantedFiles {
  std::set<std::string> present;  ///< to fetch
  std::set<std::string> absent;   ///< looked for, and not among the model's
};

/// config.json, the tokenizer's files, modules.json and the lists of sharded weights.
WantedFiles wanted_settings(const std::set<std::string>& model_files);

/// With modules.json in `directory`: the settings of its modules, and the lists of their sharded weights.
/// Throws IoError or FormatError naming the file at fault.
WantedFiles wanted_module_settings(const std::set<std::string>& model_files,
                                   const std::filesystem::path& directory);

/// With those in `directory`: the weights (whole or in shards; safetensors before pytorch_model.bin), and the
/// files of the folders that modules.json names. Throws IoError or FormatError naming the file at fault, for
/// a shard or folder that the model lacks, too.
WantedFiles wanted_weights(const std::set<std::string>& model_files, const std::filesystem::path& directory);

/// What config.json or weights a directory lacks to be a model, in words ("config.json"); empty where nothing
/// is. Throws as wanted_weights does.
std::string missing_part(const std::filesystem::path& directory);

}  // namespace transkimmer
