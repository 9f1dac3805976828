#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "runtime/packed_linear.h"
#include "runtime/weight_memory.h"

namespace transkimmer {

/// Weights and bias in the format of one MatrixKernels.
struct PackedMatrix {
  dnnl::memory weights;
  dnnl::memory bias;  ///< empty for int8, whose bias is added by the pass that scales the sums
};

/// oneDNN's matrix products of one shape, which all read the same packed weights.
class MatrixKernels {
 public:
  MatrixKernels(std::size_t in, std::size_t columns, Precision precision,
                std::shared_ptr<WeightMemory> memory);
  ~MatrixKernels();

  /// weight [columns, in]: floats, or the quantised values for int8; bias [columns].
  PackedMatrix pack(const void* weight, const float* bias) const;

  /// x [rows, in] -> y [rows, columns], one after the other (oneDNN has slow kernels alone for rows that lie
  /// further apart): floats with the bias added, or for int8 the bare sums, std::int32_t. `rows` is at most
  /// PackedLinear::max_rows. Safe to call from several threads.
  void multiply(const PackedMatrix& matrix, const void* x, std::size_t rows, void* y);

 private:
  struct Kernel;
  Kernel& for_rows(std::size_t rows);

  std::size_t in_, columns_;
  Precision precision_;
  std::shared_ptr<WeightMemory> memory_;
  dnnl::memory::desc packed_;
  std::array<std::atomic<Kernel*>, PackedLinear::max_rows> by_rows_{};
  std::mutex creation_;
  std::vector<std::unique_ptr<Kernel>> created_;
};

}  // namespace transkimmer
