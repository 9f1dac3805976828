#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model_spec.h"

namespace transkimmer {

/// Canonical name of the table [buckets, heads].
std::string relative_bias_name();

/// The bucket of every distance of a key from its query, [2 tokens - 1]: from tokens - 1 before it to as many
/// behind it (transformers: MPNetEncoder.relative_position_bucket).
std::vector<std::int64_t> relative_buckets(const RelativeBiasSpec& bias, std::int64_t tokens);

/// Of a table [buckets, heads] what every head adds at every such distance, [heads, 2 tokens - 1].
std::vector<float> bias_by_distance(const RelativeBiasSpec& bias, std::span<const float> table,
                                    std::int64_t tokens);

}  // namespace transkimmer
