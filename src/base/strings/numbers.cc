#include "base/strings/numbers.h"

#include <charconv>
#include <cmath>
#include <system_error>

#include <fmt/format.h>

namespace transkimmer {
namespace {

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_whole<std::int64_t>(text);
}

std::optional<double> parse_real(std::string_view text) {
  const std::optional<double> number = parse_whole<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;
  return number;
}

std::string exact_text(double value) {
  return fmt::format("{:.17g}", value);
}

}  // namespace transkimmer
