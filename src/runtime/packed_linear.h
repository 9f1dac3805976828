#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <vector>

namespace transkimmer {

enum class Activation { none, gelu };

struct LinearShape {
  std::size_t in = 0;
  std::size_t out = 0;
  Activation activation = Activation::none;
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
  std::map<std::tuple<std::size_t, std::size_t, Activation, std::size_t>, std::shared_ptr<MatrixKernels>>
      kernels_;
};

/// y = activation(x W^T + b), the weights packed once for this machine's matrix kernels (torch.nn.Linear).
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
  void multiply(const float* x, std::size_t rows, float* y) const;
  /// Only the columns of one panel; the others of y are left as they are.
  void multiply_panel(std::size_t panel, const float* x, std::size_t rows, float* y) const;

  std::size_t panels() const { return panels_.size(); }
  const LinearShape& shape() const { return shape_; }

 private:
  struct Panel;
  LinearShape shape_;
  std::vector<std::unique_ptr<const Panel>> panels_;
};

}  // namespace transkimmer
