#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "transkimmer/error.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// Between which numbers each value of some embeddings lies: what 256 steps of a byte are spread over.
///
///     transkimmer::ValueRanges ranges;
///     for (const auto& embedding : embeddings) ranges.add(embedding.values);
///     const auto bytes = transkimmer::to_int8(embeddings.front().values, ranges);
///
/// Those of a thousand texts or more like the ones to come are a good choice. Vectors are comparable that
/// were made with the same ranges.
class TRANSKIMMER_API ValueRanges {
 public:
  /// Widens the ranges to these values, of one vector. Throws UsageError for a vector of another length than
  /// those before it.
  void add(std::span<const float> values);
  /// Vectors that were added.
  std::size_t vectors() const { return vectors_; }
  std::span<const float> lowest() const { return lowest_; }
  std::span<const float> highest() const { return highest_; }

 private:
  std::vector<float> lowest_, highest_;
  std::size_t vectors_ = 0;
};

/// A vector as one byte for each value, from -128 at the lowest to 127 at the highest of its range, beyond
/// which values are cut (sentence-transformers' quantize_embeddings, precision "int8"). Throws UsageError for
/// ranges of another length.
TRANSKIMMER_API std::vector<std::int8_t> to_int8(std::span<const float> values, const ValueRanges& ranges);
/// The same from 0 to 255 (precision "uint8").
TRANSKIMMER_API std::vector<std::uint8_t> to_uint8(std::span<const float> values, const ValueRanges& ranges);

/// A vector as one bit for each value, 1 where it is above 0: eight to a byte, the first the highest, the
/// last byte filled with zeros (precision "ubinary"). How many bits two vectors differ in says how alike they
/// are.
TRANSKIMMER_API std::vector<std::uint8_t> to_ubinary(std::span<const float> values);
/// The same bytes less 128 (precision "binary").
TRANSKIMMER_API std::vector<std::int8_t> to_binary(std::span<const float> values);

}  // namespace transkimmer
