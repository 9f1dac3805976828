#pragma once

#include <algorithm>
#include <cstddef>

#include "compute/products/packed_linear.h"
#include "compute/threads/thread_pool.h"

namespace transkimmer {

/// Below this many rows per thread a product is shared by columns instead of rows: each thread then streams
/// only its own part of the weights, which is what costs time when there are few rows to use them on.
/// (BERT-base on two threads: 16 rows take a quarter less time so, 64 or more as long in either way.)
inline constexpr std::size_t kFewRowsPerThread = 32;

/// A loop of less arithmetic than this (some microseconds of one thread) is not shared: handing it over would
/// cost as much.
inline constexpr std::size_t kMacsWorthSharing = 250'000;

/// Threads take as many tasks at once as hold so much arithmetic (a microsecond of one thread), or taking
/// them costs more than they do: attention of a few tokens takes a tenth of that.
inline constexpr std::size_t kMacsWorthTaking = 50'000;

/// Rows cut into equal pieces, enough for all threads and none larger than the matrix kernels take at once.
struct Pieces {
  Pieces(std::size_t rows, std::size_t threads) : rows_(rows) {
    const std::size_t needed = (rows + PackedLinear::kMaxRows - 1) / PackedLinear::kMaxRows;
    count = std::min(rows, (needed + threads - 1) / threads * threads);
  }
  std::size_t begin(std::size_t piece) const { return rows_ * piece / count; }
  std::size_t size(std::size_t piece) const { return begin(piece + 1) - begin(piece); }

  std::size_t count = 0;

 private:
  std::size_t rows_;
};

/// The loops of a forward pass, shared by the threads of a pool where that pays.
class SharedLoops {
 public:
  explicit SharedLoops(const ThreadPool& pool) : pool_(pool) {}

  std::size_t threads() const { return static_cast<std::size_t>(pool_.threads()); }
  bool few_rows(std::size_t rows) const { return threads() > 1 && rows < kFewRowsPerThread * threads(); }

  /// body(task, worker), on all threads when the loop holds enough arithmetic.
  template <typename Body>
  void for_tasks(std::size_t tasks, std::size_t macs, const Body& body) const {
    const auto run = [&](std::size_t begin, std::size_t end, int worker) {
      for (std::size_t task = begin; task < end; ++task) body(task, worker);
    };
    if (macs < kMacsWorthSharing) return run(0, tasks, 0);
    const std::size_t group = tasks_taken_at_once(tasks, macs);
    pool_.parallel_for((tasks + group - 1) / group, [&](std::size_t taken, int worker) {
      run(taken * group, std::min(tasks, (taken + 1) * group), worker);
    });
  }

  /// body(begin, count, worker) over pieces of rows.
  template <typename Body>
  void for_row_pieces(std::size_t rows, std::size_t macs_per_row, const Body& body) const {
    const Pieces pieces(rows, threads());
    for_tasks(pieces.count, rows * macs_per_row,
              [&](std::size_t piece, int worker) { body(pieces.begin(piece), pieces.size(piece), worker); });
  }

 private:
  /// Few enough that every thread comes several times, as tasks differ.
  std::size_t tasks_taken_at_once(std::size_t tasks, std::size_t macs) const {
    constexpr std::size_t kTimesPerThread = 4;
    const std::size_t most = tasks / (kTimesPerThread * threads());
    return std::max<std::size_t>(std::min(kMacsWorthTaking * tasks / macs, most), 1);
  }

  const ThreadPool& pool_;
};

}  // namespace transkimmer
