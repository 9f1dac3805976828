#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

#include "runtime/operand.h"

namespace transkimmer {

enum class Activation { none, gelu };

/// What an int8 product leaves: finished floats, or the sums, for a pass that scales them as it reads.
enum class Int8Result { finished, sums };

struct LinearShape {
  std::size_t in = 0;
  std::size_t out = 0;
  Activation activation = Activation::none;
  Precision precision = Precision::f32;  ///< not `automatic`
  Int8Result int8_result = Int8Result::finished;
};

class MatrixKernels;

/// The matrix kernels of one model. Layers of equal shape share them, because creating a kernel takes some
/// 200 microseconds and its code occupies instruction cache.
class MatrixKernelCache {
 public:
  /// Kernels that compute `columns` of the outputs of `shape`.
  std::shared_ptr<MatrixKernels> find(const LinearShape& shape, std::size_t columns);

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::size_t, std::size_t, Activation, Precision, std::size_t>,
           std::shared_ptr<MatrixKernels>>
      kernels_;
};

/// The fastest precision of `wanted` and f32 that this machine (and oneDNN's limit of instruction sets,
/// ONEDNN_MAX_CPU_ISA) can run; see Precision. Without AVX-512 VNNI, sums of int8 products would saturate at
/// 16 bits; without AVX-512 BF16, bf16 is emulated at less than the speed of f32.
Precision usable_precision(Precision wanted);

/// y = activation(x W^T + b), the weights packed once for this machine's matrix kernels (torch.nn.Linear).
///
/// x is an operand of the shape's precision. y is [rows, out]: floats; with bf16 and an activation bf16, as
/// then only another product reads it; with int8 and Int8Result::sums int32 sums, for a pass that takes
/// `result`.
///
/// The output columns are split into panels, so that several threads can share a product of few rows, each
/// streaming its own part of the weights. Kernels are created on first use, one for each number of rows up to
/// `max_rows`, and kept. Safe to use from several threads at once.
class PackedLinear {
 public:
  /// More rows are cut into pieces of this size: the kernels reach their peak well below it, and the
  /// activations of a piece stay in the second-level cache.
  static constexpr std::size_t max_rows = 64;

  /// weight [out, in] row-major, bias [out]. `panels` is an upper bound: a panel is not narrower than 64
  /// columns.
  PackedLinear(const LinearShape& shape, std::span<const float> weight, std::span<const float> bias,
               int panels, MatrixKernelCache& kernels);
  PackedLinear(PackedLinear&&) noexcept;
  PackedLinear& operator=(PackedLinear&&) noexcept;
  ~PackedLinear();

  /// x [rows, in], y [rows, out]. Runs on the calling thread.
  void multiply(const OperandRows& x, std::size_t rows, void* y) const;
  /// The same of a product in f32.
  void multiply(const float* x, std::size_t rows, float* y) const;
  /// Only the columns of one panel; the others of y are left as they are.
  void multiply_panel(std::size_t panel, const OperandRows& x, std::size_t rows, void* y) const;

  /// y, the product of x, as the pass that reads it sees it.
  ProductRows result(const OperandRows& x, const void* y) const;

  std::size_t panels() const { return panels_.size(); }
  const LinearShape& shape() const { return shape_; }

 private:
  struct Panel;
  void finish_int8(const Panel& panel, const OperandRows& x, std::size_t rows, void* y) const;

  LinearShape shape_;
  std::vector<float> column_scales_;  ///< [out] for int8
  std::vector<float> bias_;           ///< [out] for int8
  std::vector<std::unique_ptr<const Panel>> panels_;
};

}  // namespace transkimmer
