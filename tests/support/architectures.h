#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "model_files/architectures/architecture.h"

namespace transkimmer::test {

/// The model_type of each architecture of the table, so that one is tested by being there.
inline std::vector<std::string> every_architecture() {
  std::vector<std::string> names;
  for (const Architecture& architecture : architectures()) names.emplace_back(architecture.model_type);
  return names;
}

/// As names of tests are spelled: "xlm_roberta".
inline std::string in_test_name(std::string architecture) {
  std::ranges::replace(architecture, '-', '_');
  return architecture;
}

}  // namespace transkimmer::test
