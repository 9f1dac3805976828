#include "model_files/tokenizer_settings.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "model_files/json.h"
#include "model_files/json_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void take_boolean(const JsonFields& fields, const char* key, std::optional<bool>& target) {
  if (fields.find(key) != nullptr) target = fields.boolean(key, false);
}

/// A special token is written as its text, or as an object with the text under "content".
void take_name(const JsonFields& fields, const char* key, std::string& target) {
  const nlohmann::json* value = fields.find(key);
  if (value == nullptr) return;
  if (value->is_object() && value->contains("content")) value = &value->at("content");
  if (!value->is_string()) fields.fail(key, *value, "a token");
  if (target.empty()) target = value->get<std::string>();
}

}  // namespace

void TokenizerSettings::merge(const nlohmann::json& object, const std::string& origin) {
  if (!object.is_object())
    throw FormatError(fmt::format("{}: is {}, expected an object", origin, shown(object)));
  const JsonFields fields(object, origin);
  take_boolean(fields, "do_lower_case", do_lower_case);
  take_boolean(fields, "strip_accents", strip_accents);
  take_boolean(fields, "tokenize_chinese_chars", tokenize_chinese_chars);
  take_boolean(fields, "add_prefix_space", add_prefix_space);
  take_name(fields, "pad_token", names.pad);
  take_name(fields, "unk_token", names.unknown);
  take_name(fields, "cls_token", names.begin);
  take_name(fields, "sep_token", names.separator);
  take_name(fields, "mask_token", names.mask);
}

TokenizerSettings TokenizerSettings::load(const std::filesystem::path& directory) {
  TokenizerSettings settings;
  for (const char* name : {"tokenizer_config.json", "special_tokens_map.json"}) {
    const std::filesystem::path path = directory / name;
    if (path_exists(path)) settings.merge(read_json(path), path.string());
  }
  return settings;
}

}  // namespace transkimmer
