#pragma once

#include <cstddef>

#include "runtime/encoder_weights.h"
#include "runtime/kernels.h"
#include "runtime/operand.h"
#include "runtime/packed_linear.h"
#include "runtime/workspace.h"

namespace transkimmer {

/// A pass over rows that adds, normalises or quantises takes the time of some 16 multiply-accumulates per
/// element.
inline constexpr std::size_t kRowPassMacs = 16;

/// Rows on their way through the rest of a layer, after attention.
struct LayerRows {
  float* x = nullptr;   ///< [rows, hidden]: what entered the layer, and then what leaves it
  OperandRows context;  ///< [rows, hidden]: attention's result, floats or bf16
  OperandRows next;     ///< where the rows that leave go for the next layer's products; may be empty
};

/// Runs the steps of `finish_rows` for `rows` rows of one thread.
struct OneThread {
  void multiply(const PackedLinear& linear, const OperandRows& x, float* y) const {
    linear.multiply(x, rows, y, first_panel);
  }
  template <typename Body>
  void for_rows(std::size_t /*macs_per_row*/, const Body& body) const {
    body(0, rows);
  }

  std::size_t rows = 0;
  std::size_t first_panel = 0;
};

/// `x` as the operand of a product of `quantized`'s precision: as it is, unless int8 asks for a pass over it,
/// which needs whole rows.
template <typename Threads>
OperandRows as_operand(const OperandRows& x, const OperandRows& quantized, const Threads& threads) {
  if (quantized.precision != Precision::int8) return x;
  threads.for_rows(kRowPassMacs * x.columns, [&](std::size_t begin, std::size_t count) {
    write_operand(static_cast<const float*>(x.values) + begin * x.columns, count, quantized.from(begin));
  });
  return quantized;
}

/// Attention output, feed-forward and both LayerNorms. `threads` multiplies all rows and goes through them:
/// multiply(linear, operand, y) and for_rows(macs per row, body(begin, count)).
template <typename Threads>
void finish_rows(const LayerWeights& layer, const LayerRows& rows, const LayerBuffers& own, float epsilon,
                 const Threads& threads) {
  const std::size_t hidden = layer.output.shape().out, feed_forward = layer.output.shape().in;
  const Precision precision = layer.output.shape().precision;
  float* const projected = own.projected.data();
  float* const intermediate = own.intermediate.data();
  const auto add_and_norm = [&](const NormParameters& norm, const OperandRows& operand) {
    threads.for_rows(kRowPassMacs * hidden, [&](std::size_t begin, std::size_t count) {
      float* const x = rows.x + begin * hidden;
      add_layer_norm(projected + begin * hidden, x, {norm.gamma.data(), norm.beta.data(), epsilon},
                     {count, hidden}, x, operand.from(begin));
    });
  };
  threads.multiply(layer.attention_output, as_operand(rows.context, own.context.rows(nullptr), threads),
                   projected);
  const OperandRows attended = own.attended.rows(rows.x);
  add_and_norm(layer.attention_norm, attended);
  threads.multiply(layer.intermediate, attended, intermediate);
  const Precision activated = precision == Precision::int8 ? Precision::f32 : precision;
  threads.multiply(
      layer.output,
      as_operand({activated, intermediate, nullptr, feed_forward}, own.activated.rows(nullptr), threads),
      projected);
  add_and_norm(layer.output_norm, rows.next);
}

}  // namespace transkimmer
