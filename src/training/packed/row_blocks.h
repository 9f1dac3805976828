#pragma once

#include <algorithm>
#include <cstdint>

#include <ATen/Parallel.h>

#include "training/tensors/tensor.h"

namespace transkimmer {

/// Rows that one thread takes at a time. Sums over rows are those of blocks, so that they do not depend on
/// the number of threads.
inline constexpr std::int64_t kBlockRows = 32;

/// The number of blocks of so many rows; the last may be shorter.
inline std::int64_t blocks_of(std::int64_t rows) {
  return (rows + kBlockRows - 1) / kBlockRows;
}

/// Calls `work(block, first row, rows of the block)` for all blocks, on all threads.
template <class Work>
void for_each_block(std::int64_t rows, const Work& work) {
  at::parallel_for(0, blocks_of(rows), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * kBlockRows;
      work(block, first, std::min(kBlockRows, rows - first));
    }
  });
}

/// Sums over rows, as the sums of blocks.
class ColumnSums {
 public:
  ColumnSums(std::int64_t rows, std::int64_t columns)
      : sums_(at::zeros({blocks_of(rows), columns}, torch::kFloat32)) {}
  float* of_block(std::int64_t block) const { return sums_.data_ptr<float>() + block * sums_.size(1); }
  /// [columns]
  Tensor total() const { return at::sum(sums_, 0); }

 private:
  Tensor sums_;
};

}  // namespace transkimmer
