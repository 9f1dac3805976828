#include "base/strings/shortest_decimal.h"

#include <cmath>

#include <fmt/format.h>

#include "base/strings/numbers.h"

namespace transkimmer {

double shortest_decimal(float value) {
  if (!std::isfinite(value)) return value;
  return parse_real(fmt::format("{}", value)).value_or(value);
}

}  // namespace transkimmer
