#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace transkimmer {

/// Bounds of a number in a settings file or an option, both allowed.
struct IntegerRange {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
struct RealRange {
  double least = std::numeric_limits<double>::lowest();
  double most = std::numeric_limits<double>::max();
};

/// The number that the whole of `text` spells (no spaces, no trailing characters), or nothing.
/// Locale-independent; infinities and NaN are not numbers here.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_real(std::string_view text);

/// So many digits that parse_real gives the same number back.
std::string exact_text(double value);

}  // namespace transkimmer
