#include "runtime/quantization.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace transkimmer {

QuantizedWeight quantize_weight(std::span<const float> weight, std::size_t rows) {
  const std::size_t columns = rows == 0 ? 0 : weight.size() / rows;
  QuantizedWeight quantized{std::vector<std::int8_t>(weight.size()), std::vector<float>(rows)};
  for (std::size_t row = 0; row < rows; ++row) {
    const auto values = weight.subspan(row * columns, columns);
    float largest = 0;
    bool finite = true;
    for (const float value : values) {
      largest = std::max(largest, std::abs(value));
      finite = finite && std::isfinite(value);
    }
    if (!finite) {
      quantized.scales[row] = std::numeric_limits<float>::quiet_NaN();  // as f32 would show it
      continue;
    }
    if (largest < kSmallestQuantized) continue;
    quantized.scales[row] = largest / kLargestInt8;
    const float inverse = kLargestInt8 / largest;
    for (std::size_t column = 0; column < columns; ++column)
      quantized.values[row * columns + column] =
          static_cast<std::int8_t>(std::lrint(std::clamp(values[column] * inverse, -127.0F, 127.0F)));
  }
  return quantized;
}

}  // namespace transkimmer
