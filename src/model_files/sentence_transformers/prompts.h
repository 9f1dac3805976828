#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace transkimmer {

/// What sentence-transformers puts before texts (config_sentence_transformers.json).
struct Prompts {
  std::vector<std::pair<std::string, std::string>> named;  ///< by name, in the file's order
  std::string usual;  ///< of default_prompt_name; empty where there is none
};

/// Empty where there is no such file. Throws IoError, and FormatError naming file and key.
Prompts read_prompts(const std::filesystem::path& directory);

}  // namespace transkimmer
