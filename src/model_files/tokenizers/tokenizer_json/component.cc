#include "model_files/tokenizers/tokenizer_json/component.h"

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {

using nlohmann::json;

Component::Component(const json& object, const std::string& origin, std::string name)
    : object_(object), origin_(origin), name_(std::move(name)), fields_(object_, origin_, name_ + ".") {
  type_ = fields_.string("type").value_or("");
}

const json& Component::required(const char* key) const {
  const json* const value = fields_.find(key);
  if (value == nullptr) fields_.fail_missing(key);
  return *value;
}

std::vector<Component> Component::list(const char* key) const {
  const json& values = required(key);
  if (!values.is_array()) fields_.fail(key, values, "an array");
  std::vector<Component> all;
  for (const json& value : values) {
    if (!value.is_object()) fields_.fail(key, value, "an object for each part");
    all.emplace_back(value, origin_, name_);
  }
  return all;
}

bool Component::required_boolean(const char* key) const {
  required(key);
  return fields_.boolean(key, false);
}

std::string Component::required_string(const char* key) const {
  required(key);
  return fields_.string(key).value_or("");
}

char32_t Component::required_character(const char* key) const {
  const std::string text = required_string(key);
  if (text.empty() || decode_utf8(text, 0).length != text.size()) fields_.fail(key, text, "one character");
  return decode_utf8(text, 0).value;
}

Pattern Component::required_pattern(const char* key) const {
  const json& value = required(key);
  const bool is_one = value.is_object() && value.size() == 1 && value.begin().value().is_string();
  const std::string kind = is_one ? value.begin().key() : "";
  if (kind == "String") return Pattern::plain(value.begin().value().get<std::string>());
  if (kind != "Regex") fields_.fail(key, value, R"({"String": ...} or {"Regex": ...})");
  try {
    return Pattern::regular_expression(value.begin().value().get<std::string>());
  } catch (const FormatError& error) {
    fields_.fail_because(key, fmt::format("is no regular expression: {}", error.what()));
  }
}

void Component::fail_type(std::string_view expected) const {
  throw FormatError(fmt::format("{}: {} is of type {}, which is not supported here, expected {}", origin_,
                                name_, in_quotes(type_), expected));
}

namespace {

void add_all(const Component& component, const char* parts, std::vector<Component>& all) {
  if (component.type() != "Sequence") {
    all.push_back(component);
    return;
  }
  for (const Component& part : component.list(parts)) add_all(part, parts, all);
}

}  // namespace

std::vector<Component> components(const json& root, const char* key, const char* parts,
                                  const std::string& origin) {
  std::vector<Component> all;
  const JsonFields fields(root, origin);
  const json* const value = fields.find(key);
  if (value == nullptr) return all;
  if (!value->is_object()) fields.fail(key, *value, "an object");
  add_all(Component(*value, origin, key), parts, all);
  return all;
}

}  // namespace transkimmer
