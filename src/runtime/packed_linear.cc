#include "runtime/packed_linear.h"

#include <algorithm>
#include <cstddef>

#include "runtime/kernels.h"
#include "runtime/matrix_kernels.h"
#include "runtime/quantization.h"

namespace transkimmer {
namespace {

/// Narrower panels would leave the 48 to 64 columns of the widest matrix kernels unfilled.
constexpr std::size_t kNarrowestPanel = 64;

/// Bytes of one value of the product.
std::size_t result_bytes(const LinearShape& shape) {
  return shape.precision == Precision::bf16 && shape.activation != Activation::none ? sizeof(Bf16)
                                                                                    : sizeof(float);
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
    : shape_(shape) {
  QuantizedWeight quantized;
  if (shape.precision == Precision::int8) {
    quantized = quantize_weight(weight, shape.out);
    column_scales_ = std::move(quantized.scales);
    bias_.assign(bias.begin(), bias.end());
  }
  const std::size_t wanted = std::clamp<std::size_t>(shape.out / kNarrowestPanel, 1, std::max(panels, 1));
  const std::size_t even = (shape.out + wanted - 1) / wanted;
  const std::size_t width = (even + kNarrowestPanel - 1) / kNarrowestPanel * kNarrowestPanel;
  for (std::size_t first = 0; first < shape.out; first += width) {
    const std::size_t columns = std::min(width, shape.out - first);
    auto shared = kernels.find(shape, columns);
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

void PackedLinear::multiply_panel(std::size_t index, const OperandRows& x, std::size_t rows, void* y) const {
  const Panel& panel = *panels_[index];
  for (std::size_t first = 0; first < rows; first += max_rows) {
    const std::size_t count = std::min(max_rows, rows - first);
    const OperandRows left = x.from(first);
    auto* out = static_cast<std::byte*>(y) + first * shape_.out * result_bytes(shape_);
    panel.kernels->multiply(panel.matrix, left.values, count,
                            out + panel.first_column * result_bytes(shape_));
    if (shape_.precision == Precision::int8 && shape_.int8_result == Int8Result::finished)
      finish_int8(panel, left, count, out);
  }
}

void PackedLinear::finish_int8(const Panel& panel, const OperandRows& x, std::size_t rows, void* y) const {
  auto* const out = static_cast<float*>(y) + panel.first_column;
  const ProductRows sums{out, x.scales, column_scales_.data() + panel.first_column,
                         bias_.data() + panel.first_column, shape_.out};
  if (shape_.activation == Activation::gelu) {
    gelu_of_product(sums, {rows, panel.columns}, out);
  } else {
    floats_of_product(sums, {rows, panel.columns}, out);
  }
}

void PackedLinear::multiply(const OperandRows& x, std::size_t rows, void* y) const {
  for (std::size_t panel = 0; panel < panels_.size(); ++panel) multiply_panel(panel, x, rows, y);
}

void PackedLinear::multiply(const float* x, std::size_t rows, float* y) const {
  multiply(float_operand(x, shape_.in), rows, y);
}

ProductRows PackedLinear::result(const OperandRows& x, const void* y) const {
  if (shape_.precision == Precision::int8 && shape_.int8_result == Int8Result::sums)
    return {y, x.scales, column_scales_.data(), bias_.data(), shape_.out};
  return float_product(static_cast<const float*>(y), shape_.out);
}

}  // namespace transkimmer
