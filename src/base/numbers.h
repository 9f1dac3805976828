#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace transkimmer {

/// The number that the whole of `text` spells (no spaces, no trailing characters), or nothing.
/// Locale-independent; infinities and NaN are not numbers here.
std::optional<std::int64_t> parse_integer(std::string_view text);
std::optional<double> parse_real(std::string_view text);

/// So many digits that parse_real gives the same number back.
std::string exact_text(double value);

}  // namespace transkimmer
