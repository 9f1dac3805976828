#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

#include "compute/operand.h"

namespace transkimmer {

/// A linear layer: its sizes, what follows its product, and in which numbers.
struct LinearShape {
  std::size_t in = 0;
  std::size_t out = 0;
  Activation activation = Activation::none;
  Precision precision = Precision::f32;  ///< not `automatic`
  bool rounded_result = false;           ///< y is bf16, where only what takes that reads it
};

class MatrixKernels;
class WeightMemory;

/// The matrix kernels of one model. Layers of equal shape share them, because creating a kernel takes some
/// 200 microseconds and its code occupies instruction cache.
class MatrixKernelCache {
 public:
  MatrixKernelCache();
  ~MatrixKernelCache();
  /// Kernels of [rows, in] by [in, columns].
  std::shared_ptr<MatrixKernels> find(std::size_t in, std::size_t columns, Precision precision);

 private:
  std::mutex mutex_;
  std::shared_ptr<WeightMemory> memory_;
  std::map<std::tuple<std::size_t, std::size_t, Precision>, std::shared_ptr<MatrixKernels>> kernels_;
};

/// y = activation(x W^T + b), the weights packed once for this machine's matrix kernels (torch.nn.Linear).
///
/// x is an operand of the shape's precision. y is [rows, out]: floats, or bf16 where the shape says so.
///
/// The output columns are split into panels, so that several threads can share a product of few rows, each
/// streaming its own part of the weights. oneDNN's kernels, where ours do not multiply, are created on first
/// use, one for each number of rows up to `kMaxRows`, and kept. Safe to use from several threads at once.
class PackedLinear {
 public:
  /// More rows are cut into pieces of this size: the kernels reach their peak well below it, and the
  /// activations of a piece stay in the second-level cache.
  static constexpr std::size_t kMaxRows = 64;

  /// weight [out, in] row-major, bias [out]. `panels`: threads to share with; there are fewer panels where
  /// they would be narrower than 64 columns, and more where they would be wider than 768.
  PackedLinear(const LinearShape& shape, std::span<const float> weight, std::span<const float> bias,
               int panels, MatrixKernelCache& kernels);
  PackedLinear(PackedLinear&&) noexcept;
  PackedLinear& operator=(PackedLinear&&) noexcept;
  ~PackedLinear();

  /// Says which product is usually the next one, so that its weights begin to be fetched while this one ends.
  /// Nothing else depends on it: where they lie is remembered, and never read.
  void precede(const PackedLinear& next);

  /// x [rows, in], y [rows, out]. Runs on the calling thread. Threads that run the same product on different
  /// rows at the same moment should start at different panels: where both read the same weights, one waits
  /// for them to come out of the other's cache.
  void multiply(const OperandRows& x, std::size_t rows, void* y, std::size_t first_panel = 0) const;
  /// The same of a product in f32.
  void multiply(const float* x, std::size_t rows, float* y) const;
  /// Only the columns of one panel; the others of y are left as they are.
  void multiply_panel(std::size_t panel, const OperandRows& x, std::size_t rows, void* y) const;

  std::size_t panels() const { return panels_.size(); }
  /// Multiply-accumulates of multiply_panel for each row.
  std::size_t panel_macs_per_row(std::size_t panel) const;
  const LinearShape& shape() const { return shape_; }
  /// Row `row` of a result y.
  void* result_row(void* y, std::size_t row) const {
    return static_cast<std::byte*>(y) + row * shape_.out * result_bytes();
  }

 private:
  struct Panel;
  std::size_t result_bytes() const { return shape_.rounded_result ? sizeof(Bf16) : sizeof(float); }
  const void* panel_weights(std::size_t panel) const;
  const void* next_weights(std::size_t panel) const;
  void multiply_rows(std::size_t panel, const OperandRows& x, std::size_t rows, void* y,
                     const void* next) const;
  void multiply_piece(const Panel& panel, const OperandRows& x, std::size_t rows, void* y,
                      const void* next) const;
  /// Activation, scales and the place in y of what the matrix kernel left.
  void finish(const Panel& panel, const OperandRows& x, std::size_t rows, const float* raw, void* y) const;

  LinearShape shape_;
  std::vector<float> column_scales_;  ///< [out] for int8
  std::vector<float> bias_;           ///< [out] for int8
  std::vector<std::unique_ptr<const Panel>> panels_;
  std::size_t threads_;                   ///< that share a product
  std::vector<const void*> next_panels_;  ///< where the weights of the next product's panels begin
};

}  // namespace transkimmer
