#include "features/batches.h"

#include <algorithm>
#include <numeric>
#include <random>
#include <utility>

#include "base/random.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::vector<std::uint32_t> all_indices(std::size_t count) {
  if (count > UINT32_MAX) throw UsageError("more than 2^32 - 1 sequences in one data set");
  std::vector<std::uint32_t> indices(count);
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

/// Fills one batch after the other within limits.
class BatchFiller {
 public:
  BatchFiller(std::span<const std::size_t> lengths, const BatchLimits& limits)
      : lengths_(lengths), limits_(limits) {
    if (limits.max_sequences == 0) throw UsageError("a batch must hold at least one sequence");
  }

  void add(std::uint32_t index) {
    if (!fits(1, lengths_[index])) begin_batch();
    batches_.back().push_back(index);
    tokens_ += lengths_[index];
  }
  /// Begins a batch unless so much more fits into the last one.
  void make_room(std::size_t sequences, std::size_t tokens) {
    if (!fits(sequences, tokens)) begin_batch();
  }
  std::vector<Batch> take() { return std::move(batches_); }

 private:
  bool fits(std::size_t sequences, std::size_t tokens) const {
    return !batches_.empty() && sequences <= limits_.max_sequences - batches_.back().size() &&
           tokens_ <= limits_.max_tokens && tokens <= limits_.max_tokens - tokens_;
  }
  void begin_batch() {
    if (!batches_.empty() && batches_.back().empty()) return;
    batches_.emplace_back();
    tokens_ = 0;
  }

  std::span<const std::size_t> lengths_;
  BatchLimits limits_;
  std::vector<Batch> batches_;
  std::size_t tokens_ = 0;
};

}  // namespace

std::vector<Batch> length_sorted_batches(std::span<const std::size_t> lengths, const BatchLimits& limits) {
  auto order = all_indices(lengths.size());
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return lengths[a] > lengths[b]; });
  BatchFiller filler(lengths, limits);
  for (const std::uint32_t index : order) filler.add(index);
  return filler.take();
}

std::vector<Batch> grouped_batches(std::span<const std::size_t> lengths, std::span<const std::size_t> first,
                                   const BatchLimits& limits) {
  const auto indices = all_indices(lengths.size());
  BatchFiller filler(lengths, limits);
  for (std::size_t g = 0; g + 1 < first.size(); ++g) {
    const auto group = std::span(indices).subspan(first[g], first[g + 1] - first[g]);
    if (group.empty()) continue;
    std::size_t tokens = 0;
    for (const std::uint32_t index : group) tokens += lengths[index];
    filler.make_room(group.size(), tokens);
    for (const std::uint32_t index : group) filler.add(index);
  }
  return filler.take();
}

std::vector<Batch> shuffled_length_batches(std::span<const std::size_t> lengths, const TrainingOrder& order) {
  if (order.batch_size == 0 || order.pool_batches == 0)
    throw UsageError("batch size and pool must be at least 1");
  std::mt19937_64 random(mix_seeds(mix_seeds(order.seed, 0) + order.epoch, 0));
  auto indices = all_indices(lengths.size());
  shuffle(indices, random);

  // Both factors are bounded by the data set first, so that the product cannot overflow.
  const std::size_t batch_size = std::min(order.batch_size, std::max<std::size_t>(indices.size(), 1));
  const std::size_t pool = batch_size * std::min(order.pool_batches, indices.size() / batch_size + 1);
  std::vector<Batch> batches;
  for (std::size_t pool_begin = 0; pool_begin < indices.size(); pool_begin += pool) {
    const std::size_t pool_end = std::min(pool_begin + pool, indices.size());
    std::stable_sort(indices.begin() + static_cast<std::ptrdiff_t>(pool_begin),
                     indices.begin() + static_cast<std::ptrdiff_t>(pool_end),
                     [&](std::uint32_t a, std::uint32_t b) { return lengths[a] < lengths[b]; });
    for (std::size_t begin = pool_begin; begin < pool_end; begin += batch_size) {
      const std::size_t end = std::min(begin + batch_size, pool_end);
      batches.emplace_back(indices.begin() + static_cast<std::ptrdiff_t>(begin),
                           indices.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  shuffle(batches, random);
  return batches;
}

}  // namespace transkimmer
