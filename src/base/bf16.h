#pragma once

#include <bit>
#include <cstdint>

namespace transkimmer {

/// A bf16 number: the upper half of a float.
using Bf16 = std::uint16_t;

/// The value of a bf16 number; exact.
inline float widened(Bf16 bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16U);
}

}  // namespace transkimmer
