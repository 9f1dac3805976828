#include "training/packed/operands.h"

#include "training/kernels/matrix_product.h"

namespace transkimmer {
namespace {

Bf16* rounded_data(const Tensor& operand) {
  return reinterpret_cast<Bf16*>(operand.data_ptr<at::BFloat16>());
}

bool is_rounded(const Tensor& operand) {
  return operand.scalar_type() == torch::kBFloat16;
}

}  // namespace

Tensor allocate_operand(std::int64_t rows, std::int64_t columns, bool bf16) {
  return at::empty({rows, columns}, bf16 ? torch::kBFloat16 : torch::kFloat32);
}

Tensor as_operand(const Tensor& x, bool bf16) {
  return bf16 ? x.contiguous().to(torch::kBFloat16) : x.contiguous();
}

Tensor stack_operands(at::TensorList weights, bool bf16) {
  std::int64_t rows = 0;
  for (const Tensor& weight : weights) rows += weight.size(0);
  const Tensor stacked = allocate_operand(rows, weights[0].size(1), bf16);
  std::int64_t row = 0;
  for (const Tensor& weight : weights) {
    stacked.slice(0, row, row + weight.size(0)).copy_(weight);
    row += weight.size(0);
  }
  return stacked;
}

OperandTarget operand_rows(const Tensor& operand, std::int64_t row) {
  const std::int64_t first = row * operand.size(1);
  if (is_rounded(operand)) return {.floats = nullptr, .rounded = rounded_data(operand) + first};
  return {.floats = operand.data_ptr<float>() + first, .rounded = nullptr};
}

void multiply_operands(const Factor& a, const Factor& b, const Tensor& out, const ProductTerms& terms) {
  const ProductShape shape{.rows = out.size(0),
                           .columns = out.size(1),
                           .inner = a.matrix.size(a.transposed ? 0 : 1),
                           .keep = terms.accumulate ? 1.0F : 0.0F};
  const float* bias = terms.bias != nullptr ? terms.bias->data_ptr<float>() : nullptr;
  const std::int64_t a_stride = a.matrix.size(1), b_stride = b.matrix.size(1);
  if (is_rounded(a.matrix)) {
    multiply_bf16(shape, {rounded_data(a.matrix), a_stride, a.transposed},
                  {rounded_data(b.matrix), b_stride, b.transposed}, bias, out.data_ptr<float>());
  } else {
    multiply_and_add(shape, {a.matrix.data_ptr<float>(), a_stride, a.transposed},
                     {b.matrix.data_ptr<float>(), b_stride, b.transposed}, bias, out.data_ptr<float>());
  }
}

}  // namespace transkimmer
