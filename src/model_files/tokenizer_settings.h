#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "model_files/vocabulary_builder.h"

namespace transkimmer {

/// What `tokenizer_config.json` and `special_tokens_map.json` say; absent where they say nothing.
struct TokenizerSettings {
  std::optional<bool> do_lower_case;
  std::optional<bool> strip_accents;
  std::optional<bool> tokenize_chinese_chars;
  std::optional<bool> add_prefix_space;
  SpecialTokenNames names;

  /// Takes over what the object says, except names that are known already.
  /// Throws FormatError naming `origin` and the key.
  void merge(const nlohmann::json& object, const std::string& origin);
  /// From the two files where the directory has them. Throws IoError or FormatError.
  static TokenizerSettings load(const std::filesystem::path& directory);
};

}  // namespace transkimmer
