#include "model_files/sentence_transformers/splade_pooling.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/json/settings_file.h"
#include "model_files/sentence_transformers/sentence_modules.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// One of two words; the first where the key is absent.
bool is_second(const JsonFields& fields, const char* key, std::string_view first, std::string_view second) {
  const std::string word = fields.string(key).value_or(std::string(first));
  if (word != first && word != second) fields.fail(key, word, fmt::format("\"{}\" or \"{}\"", first, second));
  return word == second;
}

SpladePooling read_settings(const fs::path& file) {
  const auto settings = SettingsFile::read(file);
  if (!settings) return {};
  const JsonFields fields = settings->fields();
  return {.sum = is_second(fields, "pooling_strategy", "max", "sum"),
          .twice = is_second(fields, "activation_function", "relu", "log1p_relu")};
}

}  // namespace

std::optional<SpladePooling> read_splade_pooling(const fs::path& directory) {
  const fs::path file = directory / kModulesFile;
  if (!path_exists(file)) return std::nullopt;
  const std::vector<SentenceModule> modules = read_module_list(file);
  const auto pooling = std::ranges::find(modules, kSpladeModule, &SentenceModule::type);
  if (pooling == modules.end()) return std::nullopt;
  for (const SentenceModule& module : modules)
    if (module.type != "MLMTransformer" && module.type != "Transformer" && module.type != kSpladeModule)
      throw FormatError(
          fmt::format("{}: has the module {} beside SpladePooling, expected MLMTransformer alone",
                      file.string(), in_quotes(module.type)));
  return read_settings(directory / pooling->path / "config.json");
}

}  // namespace transkimmer
