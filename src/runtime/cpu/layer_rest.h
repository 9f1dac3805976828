#pragma once

#include <cstddef>

#include "compute/kernels/kernels.h"
#include "compute/operand.h"
#include "compute/products/packed_linear.h"
#include "runtime/cpu/encoder_weights.h"
#include "runtime/cpu/workspace.h"
#include "runtime/pass/profile.h"

namespace transkimmer {

/// A pass over rows that adds, normalises or quantises takes the time of some 16 multiply-accumulates per
/// element.
inline constexpr std::size_t kRowPassMacs = 16;

/// Rows on their way through the rest of a layer, after attention.
struct LayerRows {
  float* x = nullptr;   ///< [rows, hidden]: what entered the layer, and then what leaves it
  OperandRows context;  ///< [rows, hidden]: attention's result, floats or bf16
  RowOutputs next;      ///< where the rows that leave go for what reads them next; may be empty
};

/// Runs the steps of `finish_rows` for `rows` rows of one thread.
struct OneThread {
  void multiply(Operation operation, const PackedLinear& linear, const OperandRows& x, float* y) const {
    const OperationTimer timer(times, operation, rows * linear.shape().in * linear.shape().out);
    linear.multiply(x, rows, y, first_panel);
  }
  template <typename Body>
  void for_rows(Operation operation, std::size_t /*macs_per_row*/, const Body& body) const {
    const OperationTimer timer(times, operation);
    body(0, rows);
  }

  std::size_t rows = 0;
  std::size_t first_panel = 0;
  OperationTimes* times = nullptr;  ///< may be empty
};

/// `x` as the operand of a product of `quantized`'s precision: as it is, unless int8 asks for a pass over it,
/// which needs whole rows.
template <typename Threads>
OperandRows as_operand(const OperandRows& x, const OperandRows& quantized, const Threads& threads) {
  if (quantized.precision != Precision::int8) return x;
  threads.for_rows(Operation::quantization, kRowPassMacs * x.columns,
                   [&](std::size_t begin, std::size_t count) {
                     const OperandRows piece = x.from(begin), out = quantized.from(begin);
                     if (x.precision == Precision::bf16) {
                       quantize_rounded(static_cast<const Bf16*>(piece.values), count, out);
                     } else {
                       write_operand(static_cast<const float*>(piece.values), count, out);
                     }
                   });
  return quantized;
}

/// Attention output, feed-forward and both LayerNorms. `threads` multiplies all rows and goes through them:
/// multiply(operation, linear, operand, y) and for_rows(operation, macs per row, body(begin, count)).
template <typename Threads>
void finish_rows(const LayerWeights& layer, const LayerRows& rows, const LayerBuffers& own, float epsilon,
                 const Threads& threads) {
  const std::size_t hidden = layer.output.shape().out, feed_forward = layer.output.shape().in;
  const Precision activated = layer.intermediate.shape().rounded_result ? Precision::bf16 : Precision::f32;
  float* const projected = own.projected.data();
  float* const intermediate = own.intermediate.data();
  const auto add_and_norm = [&](const NormParameters& norm, const RowOutputs& outputs) {
    threads.for_rows(Operation::layer_norm, kRowPassMacs * hidden, [&](std::size_t begin, std::size_t count) {
      float* const x = rows.x + begin * hidden;
      add_layer_norm(projected + begin * hidden, x, {norm.gamma.data(), norm.beta.data(), epsilon},
                     {count, hidden}, x, outputs.from(begin));
    });
  };
  threads.multiply(Operation::attention_output, layer.attention_output,
                   as_operand(rows.context, own.context.rows(nullptr), threads), projected);
  const OperandRows attended = own.attended.rows(rows.x);
  add_and_norm(layer.attention_norm, {attended, {}});
  threads.multiply(Operation::feed_forward_in, layer.intermediate, attended, intermediate);
  threads.multiply(
      Operation::feed_forward_out, layer.output,
      as_operand({activated, intermediate, nullptr, feed_forward}, own.activated.rows(nullptr), threads),
      projected);
  add_and_norm(layer.output_norm, rows.next);
}

}  // namespace transkimmer
