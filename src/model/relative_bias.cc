#include "model/relative_bias.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace transkimmer {
namespace {

/// Half of the buckets are for keys behind their query. Of each half the first half has one distance a
/// bucket, the others grow by equal factors up to max_distance.
std::int64_t bucket_of(const RelativeBiasSpec& bias, std::int64_t distance) {
  const std::int64_t half = bias.buckets / 2, exact = half / 2;
  const std::int64_t first = distance > 0 ? half : 0, far = std::abs(distance);
  if (far < exact) return first + far;
  const double growth = std::log(static_cast<double>(bias.max_distance) / static_cast<double>(exact));
  const double share = std::log(static_cast<double>(far) / static_cast<double>(exact)) / growth;
  const auto wide = static_cast<std::int64_t>(share * static_cast<double>(half - exact));
  return first + std::min(exact + wide, half - 1);
}

}  // namespace

std::string relative_bias_name() {
  return "encoder.relative_attention_bias.weight";
}

std::vector<std::int64_t> relative_buckets(const RelativeBiasSpec& bias, std::int64_t tokens) {
  std::vector<std::int64_t> buckets;
  for (std::int64_t distance = 1 - tokens; distance < tokens; ++distance)
    buckets.push_back(bucket_of(bias, distance));
  return buckets;
}

std::vector<float> bias_by_distance(const RelativeBiasSpec& bias, std::span<const float> table,
                                    std::int64_t tokens) {
  const std::vector<std::int64_t> buckets = relative_buckets(bias, tokens);
  const std::size_t heads = table.size() / static_cast<std::size_t>(bias.buckets);
  std::vector<float> values;
  for (std::size_t head = 0; head < heads; ++head)
    for (const std::int64_t bucket : buckets)
      values.push_back(table[static_cast<std::size_t>(bucket) * heads + head]);
  return values;
}

}  // namespace transkimmer
