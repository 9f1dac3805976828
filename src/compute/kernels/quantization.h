#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace transkimmer {

/// The largest magnitude of a quantised value. -128 is not used: scales are symmetric.
inline constexpr float kLargestInt8 = 127.0F;

/// Rows of smaller magnitude than this are taken for zeros: the inverse of their scale would overflow.
inline constexpr float kSmallestQuantized = 1e-30F;

/// A weight matrix in int8 with a scale for each row (output channel):
/// weight[row][column] ~ values[row][column] * scales[row].
struct QuantizedWeight {
  std::vector<std::int8_t> values;  ///< [rows, columns]
  std::vector<float> scales;        ///< [rows]
};

/// Rounds every weight to the nearest multiple of its row's scale, the largest magnitude of the row / 127.
/// The error of a weight is at most half a scale; a row with a value that is not finite gets a scale that is
/// not. `weight` is [rows, columns].
QuantizedWeight quantize_weight(std::span<const float> weight, std::size_t rows);

}  // namespace transkimmer
