#pragma once

#include <cstdint>

namespace transkimmer {

/// What follows a linear layer, elementwise. GELU is the exact one, with erf (torch.nn.GELU()).
enum class Activation : std::uint8_t { none, gelu, tanh, relu };

}  // namespace transkimmer
