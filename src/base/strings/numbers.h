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

/// The whole number that all of `text` spells in decimal (no spaces, no trailing characters); nothing for
/// other text and for numbers beyond 64 bits. Locale-independent.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// The same of a number that may have a fraction and an exponent; infinities and NaN are none.
std::optional<double> parse_real(std::string_view text);

/// So many digits that parse_real gives the same number back.
std::string exact_text(double value);

}  // namespace transkimmer
