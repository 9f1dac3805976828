#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace transkimmer {

// Random choices that are the same on every machine: the standard library leaves how its distributions and
// shuffles use a generator to its authors.

/// Mixes two numbers into one that looks random (the finaliser of SplitMix64).
constexpr std::uint64_t mix_seeds(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9e3779b97f4a7c15ULL * (b + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Uniform in [0, bound); `bound` is not 0.
inline std::uint64_t uniform_below(std::mt19937_64& random, std::uint64_t bound) {
  const std::uint64_t unbiased_end = UINT64_MAX - UINT64_MAX % bound;
  std::uint64_t value = random();
  while (value >= unbiased_end) value = random();
  return value % bound;
}

/// The number in [0, 1) that the upper 53 bits of random ones make: every value a double can hold evenly.
constexpr double unit_interval(std::uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

/// Fisher and Yates' shuffle.
template <typename T>
void shuffle(std::vector<T>& values, std::mt19937_64& random) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[uniform_below(random, i)]);
  }
}

}  // namespace transkimmer
