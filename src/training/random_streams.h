#pragma once

#include <cstdint>

namespace transkimmer {

/// Mixes two numbers into one that looks random (the finaliser of SplitMix64).
constexpr std::uint64_t mix_seeds(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a + 0x9e3779b97f4a7c15ULL * (b + 1);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Everything random in one forward pass, as a pure function of one number. Training derives that number from
/// (seed, step), so a resumed run draws exactly what the uninterrupted one would have drawn and no generator
/// state is saved.
class RandomStreams {
 public:
  explicit RandomStreams(std::uint64_t seed) : seed_(seed) {}
  /// The seed of the next place that needs randomness; places are told apart by the order in which they ask.
  std::uint64_t next() { return mix_seeds(seed_, count_++); }

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace transkimmer
