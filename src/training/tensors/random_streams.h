#pragma once

#include <cstdint>

#include "base/random.h"

namespace transkimmer {

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
