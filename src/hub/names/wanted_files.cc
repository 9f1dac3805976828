#include "hub/names/wanted_files.h"

#include <optional>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/weight_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigFile = "config.json";

/// Sorts names into those that the model has and those that it lacks.
class Choice {
 public:
  explicit Choice(const std::set<std::string>& model_files) : model_files_(model_files) {}

  bool has(const std::string& file) const { return model_files_.count(file) > 0; }
  /// Whether it is there.
  bool take(const std::string& file) {
    const bool there = has(file);
    (there ? wanted_.present : wanted_.absent).insert(file);
    return there;
  }
  WantedFiles wanted() && { return std::move(wanted_); }

 private:
  const std::set<std::string>& model_files_;
  WantedFiles wanted_;
};

void take_shards(Choice& choice, const fs::path& list, const std::string& prefix) {
  for (const std::string& shard : shards_of(list))
    if (!choice.take(prefix + shard))
      throw FormatError(fmt::format("{}: names the shard {}, which the model does not have", list.string(),
                                    in_quotes(shard)));
}

/// `prefix` is empty or a folder with its slash. The list is fetched before what it lists.
void take_weights(Choice& choice, const fs::path& directory, const std::string& prefix) {
  for (const std::string weights : {kSafetensorsWeights, kPytorchWeights}) {
    if (choice.take(prefix + weights)) return;
    const std::string list = prefix + shard_list_name(weights);
    if (!choice.take(list)) continue;
    if (path_exists(directory / list)) take_shards(choice, directory / list, prefix);
    return;
  }
}

/// The list of shards where the weights are not whole; of safetensors first, as the weights are.
void take_shard_list(Choice& choice, const std::string& prefix) {
  if (choice.has(prefix + kSafetensorsWeights)) return;
  const bool listed = choice.take(prefix + shard_list_name(kSafetensorsWeights));
  if (!listed && !choice.has(prefix + kPytorchWeights))
    choice.take(prefix + shard_list_name(kPytorchWeights));
}

/// Folders of modules that are no part of the model's own, with their slashes.
std::vector<std::string> module_folders(const std::set<std::string>& model_files, const fs::path& directory) {
  std::vector<std::string> folders;
  if (model_files.count(kModulesFile) == 0) return folders;
  for (const SentenceModule& module : read_module_list(directory / kModulesFile))
    if (!module.path.empty()) folders.push_back(module.path + "/");
  return folders;
}

}  // namespace

WantedFiles wanted_settings(const std::set<std::string>& model_files) {
  Choice choice(model_files);
  choice.take(kConfigFile);
  for (const char* const name : TokenizerFiles::names()) choice.take(name);
  choice.take(kModulesFile);
  take_shard_list(choice, "");
  return std::move(choice).wanted();
}

WantedFiles wanted_module_settings(const std::set<std::string>& model_files, const fs::path& directory) {
  Choice choice(model_files);
  for (const std::string& folder : module_folders(model_files, directory)) {
    choice.take(folder + kConfigFile);
    take_shard_list(choice, folder);
  }
  return std::move(choice).wanted();
}

WantedFiles wanted_weights(const std::set<std::string>& model_files, const fs::path& directory) {
  Choice choice(model_files);
  take_weights(choice, directory, "");
  for (const std::string& folder : module_folders(model_files, directory)) {
    choice.take(folder + kConfigFile);
    take_weights(choice, directory, folder);
  }
  return std::move(choice).wanted();
}

std::string missing_part(const fs::path& directory) {
  if (!path_exists(directory / kConfigFile)) return kConfigFile;
  for (const char* const weights : {kSafetensorsWeights, kPytorchWeights}) {
    if (path_exists(directory / weights)) return {};
    const fs::path list = directory / shard_list_name(weights);
    if (!path_exists(list)) continue;
    for (const std::string& shard : shards_of(list))
      if (!path_exists(directory / shard)) return shard;
    return {};
  }
  return kSafetensorsWeights;
}

}  // namespace transkimmer
