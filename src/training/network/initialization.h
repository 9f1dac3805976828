#pragma once

#include <cstdint>

#include "model/model_spec.h"
#include "training/tensors/parameters.h"

namespace transkimmer {

/// How random weights are drawn. published: N(0, initializer_range) for every matrix. neighbours: the first
/// layer's heads begin by looking at the tokens next to their own (neighbour_initialization.h).
enum class Initialization { published, neighbours };

/// Fills one weight as a fresh model has it. The values depend on `seed` and the weight's name alone, so
/// adding a weight elsewhere does not change them.
void initialize_weight(const Parameters::Entry& entry, const ModelSpec& model, Initialization kind,
                       std::uint64_t seed);

}  // namespace transkimmer
