#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "model_files/json/json_fields.h"
#include "text/normalization/pattern.h"

namespace transkimmer {

/// A part of a tokenizer.json that says by its "type" what it is: a normalizer, a pre-tokenizer.
class Component {
 public:
  /// `name` is the field that messages name ("normalizer"). All outlive this. Throws FormatError for what is
  /// no object with a type.
  Component(const nlohmann::json& object, const std::string& origin, std::string name);

  const std::string& type() const { return type_; }
  const JsonFields& fields() const { return fields_; }

  /// The objects in the list under `key`. Throws FormatError for what is none.
  std::vector<Component> list(const char* key) const;
  /// A value that has to be there. Throws FormatError naming what is missing or wrong.
  bool required_boolean(const char* key) const;
  std::string required_string(const char* key) const;
  /// Likewise, of one character.
  char32_t required_character(const char* key) const;
  /// {"String": "a"} or {"Regex": "a+"}.
  Pattern required_pattern(const char* key) const;
  /// Throws FormatError: the type is not among those `expected`.
  [[noreturn]] void fail_type(std::string_view expected) const;

 private:
  const nlohmann::json& required(const char* key) const;

  const nlohmann::json& object_;
  const std::string& origin_;
  std::string name_;
  JsonFields fields_;
  std::string type_;
};

/// The component under `key` and all those in it, as far as they are sequences whose lists are under
/// `parts`; none where the field is null or absent.
std::vector<Component> components(const nlohmann::json& root, const char* key, const char* parts,
                                  const std::string& origin);

}  // namespace transkimmer
