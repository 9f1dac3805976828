#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "compute/products/packed_linear.h"
#include "compute/threads/thread_pool.h"
#include "model_files/config/model_config.h"
#include "model_files/weights/model_weights.h"

namespace transkimmer {

/// Softmax of a classifier's logits of one text, [labels].
std::vector<float> probabilities_of(std::span<const float> logits);

/// The task head: what turns encoder states into logits.
///
/// Classification and regression: dense, tanh, linear over the first token's state (BERT's pooler and
/// classifier, RoBERTa's classifier.dense and classifier.out_proj). Question answering: one linear layer over
/// every token.
class TaskHead {
 public:
  /// Throws UsageError when the model has no head that this engine can run.
  static TaskHead pack(const ModelConfig& config, const ModelWeights& weights, int panels,
                       MatrixKernelCache& kernels);

  /// states [rows, hidden] -> [rows, labels], the columns of the products shared by the threads.
  std::vector<float> logits(const float* states, std::size_t rows, const ThreadPool& pool) const;
  /// Multiply-accumulates of `logits` for each row.
  std::size_t macs_per_row() const;

 private:
  TaskHead(std::optional<PackedLinear> dense, PackedLinear last)
      : dense_(std::move(dense)), last_(std::move(last)) {}

  std::optional<PackedLinear> dense_;
  PackedLinear last_;
};

}  // namespace transkimmer
