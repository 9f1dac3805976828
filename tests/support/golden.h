#pragma once

#include <filesystem>
#include <string>

#include "model_files/safetensors/safetensors.h"

namespace transkimmer::test {

/// tests/data/golden: numbers computed by the published code (its README says how).
inline std::filesystem::path golden_path(const std::string& name) {
  return std::filesystem::path(TRANSKIMMER_TEST_DATA) / "golden" / name;
}

/// The file NAME.safetensors there.
inline SafetensorsFile open_golden(const std::string& name) {
  return SafetensorsFile::open(golden_path(name + ".safetensors"));
}

/// Makes `directory` a model directory of the golden weights: `architecture` is "bert" or "roberta", `task`
/// "cls" or "qa".
inline void make_golden_model(const std::filesystem::path& directory, const std::string& architecture,
                              const std::string& task) {
  std::filesystem::create_directories(directory);
  std::filesystem::copy_file(golden_path(architecture + ".weights.safetensors"),
                             directory / "model.safetensors");
  std::filesystem::copy_file(golden_path(architecture + "." + task + ".config.json"),
                             directory / "config.json");
}

}  // namespace transkimmer::test
