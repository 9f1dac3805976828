#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <oneapi/dnnl/dnnl.hpp>

#include "compute/products/packed_linear.h"
#include "compute/products/weight_memory.h"

namespace transkimmer {

/// Weights and bias in the format of one MatrixKernels.
struct PackedMatrix {
  dnnl::memory weights;
  dnnl::memory bias;  ///< empty for int8, whose bias is added by the pass that scales the sums
  std::vector<std::int32_t> offset_sums;  ///< of int8 weights that may be streamed: see StreamedProduct
};

/// x [rows, in] -> y [rows, columns].
struct MatrixTask {
  const void* x = nullptr;
  std::size_t rows = 0;      ///< at most PackedLinear::kMaxRows
  void* y = nullptr;         ///< floats with the bias added, or for int8 the bare sums, std::int32_t
  std::size_t y_stride = 0;  ///< values from one row of y to the next: `columns` unless spreads_rows()
  /// Weights that this thread will probably multiply with then, to be fetched meanwhile; may be empty.
  const void* next = nullptr;
};

/// Throws what this library throws in place of oneDNN's own error: std::bad_alloc when memory ran out, else
/// Error. `action` says what could not be done: "multiply ...".
[[noreturn]] void rethrow(const dnnl::error& failure, const std::string& action);

/// The matrix products of one shape, which all read the same packed weights: our own where the machine can
/// run them and the weights are packed as they expect, else oneDNN's. What oneDNN throws comes as `rethrow`
/// says.
class MatrixKernels {
 public:
  MatrixKernels(std::size_t in, std::size_t columns, Precision precision,
                std::shared_ptr<WeightMemory> memory);
  ~MatrixKernels();

  /// weight [columns, in]: floats, or the quantised values for int8; bias [columns].
  PackedMatrix pack(const void* weight, const float* bias) const;

  /// Safe to call from several threads.
  void multiply(const PackedMatrix& matrix, const MatrixTask& task);
  /// Whether the rows of y may lie further apart than they are long: oneDNN has but slow kernels for that.
  bool spreads_rows() const { return streams_; }

 private:
  struct Kernel;
  Kernel& for_rows(std::size_t rows);
  /// Whether oneDNN packs weights of this shape in the blocks that StreamedProduct describes: it is tried
  /// out.
  bool packs_in_blocks() const;
  /// weight [columns, in] into the packed format.
  void reorder(const void* weight, dnnl::memory& packed) const;
  void stream(const PackedMatrix& matrix, const MatrixTask& task) const;

  std::size_t in_, columns_;
  Precision precision_;
  std::shared_ptr<WeightMemory> memory_;
  dnnl::memory::desc packed_;
  bool streams_ = false;
  std::array<std::atomic<Kernel*>, PackedLinear::kMaxRows> by_rows_{};
  std::mutex creation_;
  std::vector<std::unique_ptr<Kernel>> created_;
};

}  // namespace transkimmer
