#include "model_files/model_directory.h"

#include <map>
#include <system_error>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/safetensors/safetensors.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/weights/model_weights.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What config.json says of the head.
std::string class_in_words(const ModelConfig& config) {
  const nlohmann::json settings = parse_json(config.other_json, "config.json");
  const auto classes = settings.find("architectures");
  if (classes == settings.end() || !classes->is_array() || classes->empty()) return "no class";
  return in_quotes(classes->front().get<std::string>());
}

/// Of an embedder's module that has this weight.
std::string folder_of(const WeightSpec& spec, const ModelConfig& config) {
  for (const HeadStep& step : config.sentence_head.steps)
    if (spec.name.starts_with(step.name + ".")) return module_folder(step);
  throw Error(fmt::format("weight {} to save is no module's", in_quotes(spec.name)));
}

}  // namespace

void save_model_weights(const std::filesystem::path& directory, const ModelConfig& config,
                        std::span<const NamedTensor> tensors) {
  std::map<std::string_view, const NamedTensor*> given;
  for (const NamedTensor& tensor : tensors)
    if (!given.emplace(tensor.name, &tensor).second)
      throw Error(fmt::format("weight {} to save is there twice", in_quotes(tensor.name)));

  // The layers of an embedder's modules are files of their own.
  std::map<std::string, std::vector<TensorToWrite>> folders;
  for (const WeightSpec& spec : expected_weights(config.spec())) {
    const auto found = given.find(spec.name);
    if (found == given.end()) throw Error(fmt::format("weight {} to save is missing", in_quotes(spec.name)));
    const NamedTensor& tensor = *found->second;
    if (tensor.shape != spec.shape)
      throw Error(fmt::format("weight {} to save has shape {}, expected {}", in_quotes(spec.name),
                              shape_text(tensor.shape), shape_text(spec.shape)));
    const bool in_folder = config.head == HeadKind::embedding && spec.group == WeightGroup::head;
    const std::string folder = in_folder ? folder_of(spec, config) : "";
    folders[folder].push_back(
        {.name = in_folder ? spec.name.substr(folder.size() + 1) : file_name_of(spec, config),
         .dtype = DType::f32,
         .shape = tensor.shape,
         .data = std::as_bytes(tensor.data)});
    given.erase(found);
  }
  if (!given.empty())
    throw Error(fmt::format("weight {} to save is not one of this model", in_quotes(given.begin()->first)));

  make_directory(directory);
  for (const auto& [folder, tensors_of_folder] : folders) {
    make_directory(directory / folder);
    write_safetensors(directory / folder / "model.safetensors", tensors_of_folder);
  }
  if (config.head == HeadKind::embedding) {
    write_sentence_modules(directory, config.sentence_head, config.hidden_size);
  } else {
    remove_recursively(directory / kModulesFile);  // of another model, which was here before
  }
  config.save(directory);
}

bool has_task_head(const ModelConfig& config) {
  return is_task_head(config.head);
}

void require_task_head(const std::filesystem::path& directory, const ModelConfig& config) {
  if (has_task_head(config)) return;
  throw UsageError(
      fmt::format("{0} holds an encoder without a task head (config.json names {1}); "
                  "'transkimmer finetune --model {0}' gives it one",
                  directory.string(), class_in_words(config)));
}

void require_whole_model(const std::filesystem::path& directory) {
  ModelConfig config = ModelConfig::load(directory);
  ModelWeights::load(directory, config, {});
  load_tokenizer(directory, config);
}

}  // namespace transkimmer
