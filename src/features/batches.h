#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace transkimmer {

/// Indices of the sequences of one batch.
using Batch = std::vector<std::uint32_t>;

/// The most that a batch holds.
struct BatchLimits {
  std::size_t max_sequences = SIZE_MAX;
  std::size_t max_tokens = SIZE_MAX;  ///< sum of lengths; a sequence longer than this forms its own batch
};

/// For inference: sequences sorted by length (longest first), cut into batches within the limits. Throws
/// UsageError for batches of no sequence and for more than 2^32 - 1 sequences, as the next two do.
std::vector<Batch> length_sorted_batches(std::span<const std::size_t> lengths, const BatchLimits& limits);

/// For inference over sequences that belong together (the windows of one question): in their order, group g
/// being sequences [first[g], first[g + 1]). A group stands in one batch where the limits allow.
std::vector<Batch> grouped_batches(std::span<const std::size_t> lengths, std::span<const std::size_t> first,
                                   const BatchLimits& limits);

/// What decides the batches of an epoch of training.
struct TrainingOrder {
  std::size_t batch_size = 32;
  std::size_t pool_batches = 50;
  std::uint64_t seed = 0;
  std::uint64_t epoch = 0;
};
/// For training: every sequence once per epoch, in batches of `batch_size` whose members have similar
/// lengths, so that little is padded, yet in an order that is random in the large. Sequences are shuffled,
/// sorted by length within pools of `pool_batches` batches, cut, and the batches shuffled. Deterministic in
/// (seed, epoch), on every machine. Throws UsageError for a size or a pool of 0.
std::vector<Batch> shuffled_length_batches(std::span<const std::size_t> lengths, const TrainingOrder& order);

}  // namespace transkimmer
