#include "compute/products/packed_linear.h"

#include <algorithm>
#include <cstddef>

#include "compute/buffers.h"
#include "compute/kernels/kernels.h"
#include "compute/kernels/quantization.h"
#include "compute/products/matrix_kernels.h"

namespace transkimmer {
namespace {

/// Narrower panels would leave the 48 to 64 columns of the widest matrix kernels unfilled.
constexpr std::size_t kNarrowestPanel = 64;

/// Wider panels would push what the matrix kernel leaves for kMaxRows rows out of the second-level cache
/// before it has been finished.
constexpr std::size_t kWidestPanel = 768;

std::size_t panel_width(const LinearShape& shape, int panels) {
  const std::size_t wanted = std::clamp<std::size_t>(shape.out / kNarrowestPanel, 1, std::max(panels, 1));
  const std::size_t share = (shape.out + wanted - 1) / wanted;
  const std::size_t parts = (share + kWidestPanel - 1) / kWidestPanel;
  const std::size_t even = (share + parts - 1) / parts;
  return (even + kNarrowestPanel - 1) / kNarrowestPanel * kNarrowestPanel;
}

}  // namespace

struct PackedLinear::Panel {
  std::shared_ptr<MatrixKernels> kernels;
  std::size_t first_column;
  std::size_t columns;
  PackedMatrix matrix;
};

PackedLinear::PackedLinear(const LinearShape& shape, std::span<const float> weight,
                           std::span<const float> bias, int panels, MatrixKernelCache& kernels)
    : shape_(shape), threads_(static_cast<std::size_t>(std::max(panels, 1))) {
  QuantizedWeight quantized;
  if (shape.precision == Precision::int8) {
    quantized = quantize_weight(weight, shape.out);
    column_scales_ = std::move(quantized.scales);
    bias_.assign(bias.begin(), bias.end());
  }
  const std::size_t width = panel_width(shape, panels);
  for (std::size_t first = 0; first < shape.out; first += width) {
    const std::size_t columns = std::min(width, shape.out - first);
    auto shared = kernels.find(shape.in, columns, shape.precision);
    const void* rows = shape.precision == Precision::int8
                           ? static_cast<const void*>(quantized.values.data() + first * shape.in)
                           : static_cast<const void*>(weight.data() + first * shape.in);
    PackedMatrix matrix = shared->pack(rows, bias.data() + first);
    panels_.push_back(
        std::make_unique<const Panel>(Panel{std::move(shared), first, columns, std::move(matrix)}));
  }
}

PackedLinear::PackedLinear(PackedLinear&&) noexcept = default;
PackedLinear& PackedLinear::operator=(PackedLinear&&) noexcept = default;
PackedLinear::~PackedLinear() = default;

void PackedLinear::precede(const PackedLinear& next) {
  next_panels_.clear();
  for (std::size_t panel = 0; panel < next.panels(); ++panel)
    next_panels_.push_back(next.panel_weights(panel));
}

const void* PackedLinear::panel_weights(std::size_t panel) const {
  return panels_[panel]->matrix.weights.get_data_handle();
}

const void* PackedLinear::next_weights(std::size_t panel) const {
  return next_panels_.empty() ? nullptr : next_panels_[panel % next_panels_.size()];
}

void PackedLinear::multiply_rows(std::size_t panel, const OperandRows& x, std::size_t rows, void* y,
                                 const void* next) const {
  for (std::size_t first = 0; first < rows; first += kMaxRows) {
    const std::size_t count = std::min(kMaxRows, rows - first);
    const bool last = first + count == rows;
    multiply_piece(*panels_[panel], x.from(first), count, result_row(y, first),
                   last ? next : panel_weights(panel));
  }
}

void PackedLinear::multiply_panel(std::size_t panel, const OperandRows& x, std::size_t rows, void* y) const {
  // The other threads take the panels between.
  const std::size_t following = panel + threads_;
  multiply_rows(panel, x, rows, y,
                following < panels_.size() ? panel_weights(following) : next_weights(panel % threads_));
}

std::size_t PackedLinear::panel_macs_per_row(std::size_t panel) const {
  return shape_.in * panels_[panel]->columns;
}

void PackedLinear::multiply_piece(const Panel& panel, const OperandRows& x, std::size_t rows, void* y,
                                  const void* next) const {
  const bool finished =
      shape_.activation == Activation::none && shape_.precision != Precision::int8 && !shape_.rounded_result;
  if (finished && (panels_.size() == 1 || panel.kernels->spreads_rows())) {
    float* const columns = static_cast<float*>(y) + panel.first_column;
    panel.kernels->multiply(panel.matrix, {x.values, rows, columns, shape_.out, next});
    return;
  }
  // Activations and int8's scales take a pass of their own, as does what oneDNN writes beside each other.
  thread_local FloatBuffer buffer;
  float* const raw = buffer.reserve(kMaxRows * panel.columns);
  panel.kernels->multiply(panel.matrix, {x.values, rows, raw, panel.columns, next});
  finish(panel, x, rows, raw, y);
}

void PackedLinear::finish(const Panel& panel, const OperandRows& x, std::size_t rows, const float* raw,
                          void* y) const {
  RawProduct product{raw};
  if (shape_.precision == Precision::int8)
    product = {raw, x.scales, column_scales_.data() + panel.first_column, bias_.data() + panel.first_column};
  auto* columns = static_cast<std::byte*>(y) + panel.first_column * result_bytes();
  finish_product(product, {rows, panel.columns}, shape_.activation,
                 {columns, shape_.out, shape_.rounded_result});
}

void PackedLinear::multiply(const OperandRows& x, std::size_t rows, void* y, std::size_t first_panel) const {
  const auto panel = [&](std::size_t i) { return (first_panel + i) % panels_.size(); };
  for (std::size_t i = 0; i < panels_.size(); ++i) {
    const bool last = i + 1 == panels_.size();
    multiply_rows(panel(i), x, rows, y, last ? next_weights(first_panel) : panel_weights(panel(i + 1)));
  }
}

void PackedLinear::multiply(const float* x, std::size_t rows, float* y) const {
  multiply(float_operand(x, shape_.in), rows, y);
}

}  // namespace transkimmer
