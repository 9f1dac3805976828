#pragma once

#include <cstddef>

#include "compute/kernels/attention.h"
#include "compute/operand.h"
#include "model/model_spec.h"
#include "runtime/cpu/encoder_weights.h"
#include "runtime/cpu/pass_threads.h"
#include "runtime/cpu/workspace.h"

namespace transkimmer {

/// Queries, keys and values of a layer's rows and attention among them, sequence by sequence, for one forward
/// pass.
class LayerAttention {
 public:
  LayerAttention(const ModelSpec& spec, const EncoderWeights& weights, const PassThreads& threads,
                 Workspace& workspace);

  /// Makes room for so many rows and for sequences of at most `longest` tokens.
  void reserve(std::size_t rows, std::size_t longest) const;

  /// Query, key and value of all rows, in one loop.
  void project(const LayerWeights& layer, const OperandRows& hidden, std::size_t rows) const;
  /// Query of the `first` token of each sequence alone, key and value of all rows.
  void project_for_first_tokens(const LayerWeights& layer, const OperandRows& first,
                                const OperandRows& hidden, std::size_t rows) const;

  /// Attention of every sequence and head. With `first_tokens`, query and context have one row per sequence.
  void attend_heads(const LayerWeights& layer, bool first_tokens) const;

  /// The result from row `begin` on: bf16 or floats.
  OperandRows context_rows(std::size_t begin) const;

 private:
  std::size_t sequences() const { return space_.starts.size() - 1; }
  std::size_t macs(bool first_tokens) const;
  /// What one task of attend_heads works on.
  struct Task {
    std::size_t sequence, head, head_size;
    bool first_tokens;
  };
  template <typename Value>
  AttentionHeadOf<Value> head_of(const Task& task) const;

  const PassThreads& threads_;
  const RelativeBias& relative_bias_;
  Workspace& space_;
  const std::size_t hidden_size_, largest_head_;
  const Precision precision_;  ///< of the products of attention: f32 or bf16
  const Precision context_;    ///< of the result
};

}  // namespace transkimmer
