#pragma once

#include <cstdint>

namespace transkimmer {

/// What follows a linear layer, elementwise.
enum class Activation : std::uint8_t {
  none,
  gelu,  ///< the exact one, with erf (torch.nn.GELU())
  tanh,
  relu,
  gelu_tanh,  ///< GELU's approximation by tanh (torch.nn.GELU("tanh"); Hugging Face's "gelu_new")
  silu
};

}  // namespace transkimmer
