#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "compute/products/packed_linear.h"
#include "compute/threads/thread_pool.h"
#include "model/model_spec.h"
#include "model_files/weights/model_weights.h"
#include "runtime/cpu/skim_predictor.h"

namespace transkimmer {

/// The task head: what turns encoder states into logits, step after step.
class TaskHead {
 public:
  /// Throws UsageError when the model has no head that this engine can run.
  static TaskHead pack(const ModelSpec& spec, const ModelWeights& weights, int panels,
                       MatrixKernelCache& kernels);

  /// Columns of `logits`.
  std::size_t columns() const { return columns_; }
  /// states [rows, hidden] -> [rows, labels], the columns of the products shared by the threads.
  std::vector<float> logits(const float* states, std::size_t rows, const ThreadPool& pool) const;
  /// Multiply-accumulates of `logits` for each row.
  std::size_t macs_per_row() const;

 private:
  struct Step {
    PackedLinear linear;
    NormParameters norm;  ///< behind it; empty: none
  };
  TaskHead(std::vector<Step> steps, std::size_t columns, float norm_epsilon)
      : steps_(std::move(steps)), columns_(columns), norm_epsilon_(norm_epsilon) {}

  std::vector<Step> steps_;
  std::size_t columns_;  ///< of the result
  float norm_epsilon_;
};

}  // namespace transkimmer
