#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "model_files/json/json_fields.h"

namespace transkimmer {

/// A JSON object of settings. Tokens are numbered in the order of its keys, which `object` has lost.
struct SettingsFile {
  std::string origin;
  nlohmann::json object;
  nlohmann::ordered_json in_order;  ///< the same

  /// Nothing where there is no such file. Throws IoError, or FormatError for what is no object.
  static std::optional<SettingsFile> read(const std::filesystem::path& path);

  JsonFields fields() const { return {object, origin}; }
};

}  // namespace transkimmer
