#include "model_files/sentence_transformers/prompts.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/settings_file.h"

namespace transkimmer {

Prompts read_prompts(const std::filesystem::path& directory) {
  Prompts prompts;
  const auto file = SettingsFile::read(directory / "config_sentence_transformers.json");
  if (!file) return prompts;
  const JsonFields fields = file->fields();
  if (const nlohmann::json* const named = fields.find("prompts")) {
    if (!named->is_object()) fields.fail("prompts", *named, "an object");
    for (const auto& [name, prompt] : file->in_order.at("prompts").items()) {
      if (!prompt.is_string())
        fields.fail_because("prompts", fmt::format("has {} for {}, expected a text", shown(named->at(name)),
                                                   in_quotes(name)));
      prompts.named.emplace_back(name, prompt.get<std::string>());
    }
  }
  if (const std::optional<std::string> usual = fields.string("default_prompt_name")) {
    const auto found = std::ranges::find(prompts.named, *usual, &std::pair<std::string, std::string>::first);
    if (found == prompts.named.end())
      fields.fail("default_prompt_name", *usual, "the name of one of 'prompts'");
    prompts.usual = found->second;
  }
  return prompts;
}

}  // namespace transkimmer
