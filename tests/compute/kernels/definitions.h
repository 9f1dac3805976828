#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <random>
#include <vector>

#include "base/activation.h"

namespace transkimmer::test {

struct Spread {
  float most = 1.0F;  ///< values lie within [offset - most, offset + most)
  float offset = 0.0F;
};

/// Uniform numbers, the same on every machine.
inline std::vector<float> random_floats(std::size_t count, std::uint64_t seed, const Spread& spread = {}) {
  std::mt19937_64 generator(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    const float unit = static_cast<float>(generator() >> 40U) / static_cast<float>(1U << 23U) - 1.0F;
    value = spread.offset + spread.most * unit;
  }
  return values;
}

/// The value of a bf16 number.
inline float widened(std::uint16_t bf16) {
  const std::uint32_t bits = static_cast<std::uint32_t>(bf16) << 16U;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
/// A float as it is.
inline float widened(float value) {
  return value;
}

/// As BERT defines it, by the error function.
inline double gelu(double x) {
  return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
}

/// What follows a linear layer, as PyTorch defines it.
inline double activated(Activation activation, double x) {
  switch (activation) {
    case Activation::none:
      break;
    case Activation::gelu:
      return gelu(x);
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu:
      return x > 0 ? x : 0;
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x)));
    case Activation::silu:
      return x / (1 + std::exp(-x));
  }
  return x;
}

/// (x - mean) / sqrt(variance + epsilon)
inline std::vector<double> normalized(const std::vector<double>& x, double epsilon) {
  const auto size = static_cast<double>(x.size());
  double mean = 0;
  for (const double value : x) mean += value / size;
  double variance = 0;
  for (const double value : x) variance += (value - mean) * (value - mean) / size;
  std::vector<double> result;
  for (const double value : x) result.push_back((value - mean) / std::sqrt(variance + epsilon));
  return result;
}

}  // namespace transkimmer::test
