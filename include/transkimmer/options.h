#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace transkimmer {

/// Arithmetic of the matrix products.
enum class Precision { f32 };

/// "f32".
constexpr std::string_view name_of(Precision precision) {
  switch (precision) {
    case Precision::f32:
      return "f32";
  }
  return "unknown";
}

/// How a model is run.
struct EngineOptions {
  int threads = 0;       ///< 0: all processors this process may use
  bool skimming = true;  ///< false runs the same weights dense
  /// Keep a token when logit_keep - logit_skim > threshold; larger skims more. Unset: the model's own
  /// setting.
  std::optional<double> skim_threshold = std::nullopt;
  Precision precision = Precision::f32;
};

}  // namespace transkimmer
