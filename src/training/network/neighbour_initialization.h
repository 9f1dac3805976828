#pragma once

#include <cstdint>
#include <optional>

#include "model/weight_specs.h"
#include "training/tensors/tensor.h"

namespace transkimmer {

/// Initialization::neighbours for the weights it concerns; nothing for all others, which start as published.
///
/// - embeddings.position_embeddings: sinusoids (Vaswani et al. 2017, section 3.5), as strong as word
///   embeddings are at first, so that a distance means the same everywhere in the sequence.
/// - query and key of the first layer: beside its own token each head looks around another one: the token
///   1 before, 1 behind, 2 before, 2 behind, ..., its neighbours counting less and less. Of the sinusoids of
///   the higher frequencies the query takes those of the position it wants, rotated to it, and the key those
///   of its own position.
/// - value and output of the first layer's attention: N(0, 1 / hidden size), so that what is found there
///   counts beside the token itself.
///
/// A small encoder that begins from N(0, .02) throughout spends millions of tokens at what single words tell
/// before its heads find the neighbours of a hidden word; from here on it has them at once.
std::optional<Tensor> neighbour_initial_value(const WeightSpec& spec, const ModelSpec& model,
                                              std::uint64_t seed);

}  // namespace transkimmer
