#include "model_files/tokenizers/settings/special_token_settings.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "model_files/tokenizers/settings/added_token_fields.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr const char* kAdditional = "additional_special_tokens";
constexpr const char* kExtra = "extra_special_tokens";
constexpr const char* kModelSpecific = "model_specific_special_tokens";

/// What makes a token special whatever its object says: that it has a part, or stands in
/// special_tokens_map.json.
enum class Kind : std::uint8_t { special, as_written };

/// A special token is written as its text, or as an object with the text under "content".
WrittenToken special_token(const JsonFields& fields, const char* key, const json& value,
                           Kind kind = Kind::special) {
  WrittenToken written;
  if (value.is_string()) {
    written.token.content = value.get<std::string>();
    written.is_text = true;
  } else if (value.is_object() && value.contains("content")) {
    const std::optional<bool> special =
        kind == Kind::special ? std::optional<bool>(true) : std::optional<bool>();
    written.token = read_added_token(value, fields.origin(), std::string(key) + ".", special);
    written.normalized_by_default = !value.contains("normalized");
  } else {
    fields.fail(key, value, "a token");
  }
  written.token.id = -1;
  written.token.special = true;
  return written;
}

template <class KeyedTokens>
void put(KeyedTokens& tokens, const std::string& key, const WrittenToken& token) {
  const auto found =
      std::find_if(tokens.begin(), tokens.end(), [&](const auto& entry) { return entry.first == key; });
  if (found != tokens.end()) {
    found->second = token;
  } else {
    tokens.emplace_back(key, token);
  }
}

std::size_t part_named(std::string_view key) {
  const auto found = std::find_if(kNamedParts.begin(), kNamedParts.end(),
                                  [&](const NamedPart& part) { return key == part.key; });
  return static_cast<std::size_t>(found - kNamedParts.begin());
}

bool is_own_key(std::string_view key) {
  return key.ends_with("_token") && part_named(key) == kNamedParts.size();
}

/// In special_tokens_map.json any object is a token; elsewhere one that says so.
bool is_token_object(const json& value) {
  return value.is_object() && value.value("__type", json()) == "AddedToken";
}

}  // namespace

SpecialTokenNames SpecialTokenSettings::names() const {
  SpecialTokenNames names;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i]) names.*kNamedParts[i].name = parts[i]->token.content;
  return names;
}

SpecialTokenNames SpecialTokenSettings::without_dropped(SpecialTokenNames names) const {
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (dropped[i]) (names.*kNamedParts[i].name).clear();
  return names;
}

void SpecialTokenReader::read_parts(const SettingsFile& file, bool is_map) {
  const JsonFields fields = file.fields();
  for (std::size_t i = 0; i < kNamedParts.size(); ++i) {
    const char* const key = kNamedParts[i].key;
    if (!fields.has(key)) continue;
    const json* const value = fields.find(key);
    settings_.dropped[i] = value == nullptr;
    settings_.parts[i].reset();
    if (value == nullptr) continue;
    settings_.parts[i] = special_token(fields, key, *value);
    part_is_text_[i] = is_map || value->is_string();
  }
}

SpecialTokenReader::TokenList SpecialTokenReader::list(const SettingsFile& file, const char* key,
                                                       bool is_map) {
  const JsonFields fields = file.fields();
  if (!fields.has(key)) return std::nullopt;
  std::vector<WrittenToken> tokens;
  const json* const value = fields.find(key);
  if (value == nullptr) return tokens;
  if (!value->is_array()) fields.fail(key, *value, "an array of tokens");
  for (const json& entry : *value)
    tokens.push_back(special_token(fields, key, entry, is_map ? Kind::special : Kind::as_written));
  return tokens;
}

/// {"image_token": "[img]", ...}
void SpecialTokenReader::read_keyed(const SettingsFile& file, const char* key) {
  const JsonFields fields = file.fields();
  const json* const values = fields.find(key);
  if (values == nullptr) return;
  if (!values->is_object()) fields.fail(key, *values, "an object of tokens");
  for (const auto& [name, unused] : file.in_order.at(key).items())
    put(keyed_, name, special_token(fields, key, values->at(name)));
}

void SpecialTokenReader::read_lists(const SettingsFile& file) {
  const JsonFields fields = file.fields();
  const auto texts = [&](const char* key) {
    extra_texts_.clear();
    if (const json* const value = fields.find(key); value != nullptr && value->is_array())
      for (const json& entry : *value)
        if (entry.is_string()) extra_texts_.insert(entry.get<std::string>());
  };
  const json* const extra = fields.find(kExtra);
  const bool has_extra = extra != nullptr && !extra->empty();
  const char* const key = !has_extra && fields.has(kAdditional) ? kAdditional : kExtra;
  if (const json* const value = fields.find(key); value != nullptr && value->is_object()) {
    read_keyed(file, key);
  } else {
    extra_ = list(file, key, false);
    texts(key);
  }
  if (key == kExtra) additional_ = list(file, kAdditional, false);
}

void SpecialTokenReader::read_tokenizer_config(const SettingsFile& file) {
  const JsonFields fields = file.fields();
  read_parts(file, false);
  for (const auto& [key, unused] : file.in_order.items()) {
    if (!is_own_key(key)) continue;
    const json& value = file.object.at(key);
    if (value.is_string()) put(keyed_, key, special_token(fields, key.c_str(), value));
    if (is_token_object(value)) put(first_keyed_, key, special_token(fields, key.c_str(), value));
  }
  read_lists(file);
  if (keyed_.empty()) read_keyed(file, kModelSpecific);
}

void SpecialTokenReader::read_lists_of_map(const SettingsFile& file) {
  const JsonFields fields = file.fields();
  if (fields.has(kAdditional)) additional_ = list(file, kAdditional, true);
  if (!fields.has(kExtra)) return;
  const json* const value = fields.find(kExtra);
  if (value != nullptr && value->is_object()) {
    read_keyed(file, kExtra);
    extra_.reset();
    extra_texts_.clear();
    return;
  }
  const TokenList more = list(file, kExtra, true);
  if (value == nullptr || !extra_) extra_.emplace();
  if (value == nullptr) extra_texts_.clear();
  for (const WrittenToken& token : *more) {
    if (std::find(extra_->begin(), extra_->end(), token) == extra_->end()) extra_->push_back(token);
    extra_texts_.insert(token.token.content);
  }
}

void SpecialTokenReader::read_special_tokens_map(const SettingsFile& file) {
  const JsonFields fields = file.fields();
  for (const char* key :
       {kModelSpecific, "added_tokens_decoder", "tokenizer_file", "vocab_file", "merges_file"})
    if (fields.has(key)) fields.fail_because(key, "stands in a file in which it is not read");
  read_parts(file, true);
  for (const auto& [key, unused] : file.in_order.items()) {
    if (!is_own_key(key)) continue;
    const json& value = file.object.at(key);
    if (value.is_string() || value.is_object()) {
      put(first_keyed_, key, special_token(fields, key.c_str(), value));
    } else {
      std::erase_if(first_keyed_, [&, &name = key](const auto& entry) { return entry.first == name; });
    }
  }
  read_lists_of_map(file);
}

std::set<std::string> SpecialTokenReader::special_in_added_tokens() const {
  std::set<std::string> texts = extra_texts_;
  for (std::size_t i = 0; i < kNamedParts.size(); ++i)
    if (settings_.parts[i] && part_is_text_[i]) texts.insert(settings_.parts[i]->token.content);
  return texts;
}

SpecialTokenSettings SpecialTokenReader::take() {
  KeyedTokens keyed = std::move(first_keyed_);
  for (const auto& [key, token] : keyed_) put(keyed, key, token);
  for (const auto& [key, token] : keyed) {
    if (const std::size_t part = part_named(key); part < kNamedParts.size()) {
      settings_.parts[part] = token;
      settings_.dropped[part] = false;
      settings_.keyed[part] = true;
    } else {
      settings_.model_specific.push_back(token);
    }
  }
  if (additional_ && !extra_) extra_ = std::move(additional_);
  if (extra_) settings_.extra = std::move(*extra_);
  return std::move(settings_);
}

}  // namespace transkimmer
