#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "runtime/packed_linear.h"

namespace transkimmer {

/// Weights and bias in the format of one MatrixKernels.
struct PackedMatrix {
  dnnl::memory weights;
  dnnl::memory bias;  ///< empty for int8, whose bias is added by the pass that scales the sums
};

/// oneDNN's matrix products of one shape, all of which read the same packed weights: the only file that talks
/// to oneDNN, with matrix_kernels.cc.
class MatrixKernels {
 public:
  MatrixKernels(const LinearShape& shape, std::size_t columns);
  ~MatrixKernels();

  /// weight [columns, in]: floats, or the quantised values for int8; bias [columns].
  PackedMatrix pack(const void* weight, const float* bias) const;

  /// x [rows, in] -> y [rows, columns], whose rows are `shape.out` values apart. `rows` is at most
  /// PackedLinear::max_rows. Safe to call from several threads.
  void multiply(const PackedMatrix& matrix, const void* x, std::size_t rows, void* y);

 private:
  struct Kernel;
  Kernel& for_rows(std::size_t rows);

  LinearShape shape_;
  std::size_t columns_;
  dnnl::memory::desc packed_;
  std::array<std::atomic<Kernel*>, PackedLinear::max_rows> by_rows_{};
  std::mutex creation_;
  std::vector<std::unique_ptr<Kernel>> created_;
};

}  // namespace transkimmer
