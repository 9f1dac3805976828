#pragma once

#include <cstdint>

#include "model_files/model_config.h"
#include "training/parameters.h"

namespace transkimmer {

/// Fills one weight as a fresh model has it. The values depend on `seed` and the weight's name alone, so
/// adding a weight elsewhere does not change them.
void initialize_weight(const Parameters::Entry& entry, const ModelConfig& config, std::uint64_t seed);

}  // namespace transkimmer
