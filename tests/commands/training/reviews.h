#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/temporary_directory.h"

namespace transkimmer::test {

/// A directory with a tiny model in `model`, and short reviews in `train.csv` (48, columns label and text)
/// and `dev.jsonl` (16), labelled "praise" or "blame" by their words.
class Reviews {
 public:
  Reviews();

  std::string path(const std::string& name) const { return directory_ / name; }
  void write(const std::string& name, const std::string& content) const;
  /// A JSON file in the directory.
  nlohmann::json json_file(const std::string& name) const;

 private:
  TemporaryDirectory directory_;
};

}  // namespace transkimmer::test
