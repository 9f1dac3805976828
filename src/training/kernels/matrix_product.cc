#include "training/kernels/matrix_product.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <unordered_map>

#if __has_include(<oneapi/dnnl/dnnl.hpp>)
#include <oneapi/dnnl/dnnl.hpp>
#else
#include <dnnl.hpp>
#endif

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using dnnl::memory;

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& thread_stream() {
  thread_local dnnl::stream stream(cpu());
  return stream;
}

/// A product of matrices that have nothing to sum over: what was there, as far as it is kept.
void scale_rows(const ProductShape& shape, float* out, std::int64_t out_stride) {
  for (std::int64_t row = 0; row < shape.rows; ++row) {
    float* const values = out + row * out_stride;
    std::transform(values, values + shape.columns, values,
                   [&](float value) { return shape.keep == 0 ? 0.0F : shape.keep * value; });
  }
}

template <class Element>
memory::desc operand_matrix(std::int64_t rows, std::int64_t columns, const MatrixOf<Element>& view) {
  constexpr bool kRounded = std::is_same_v<Element, std::uint16_t>;
  const memory::dims strides = view.transposed ? memory::dims{1, view.stride} : memory::dims{view.stride, 1};
  return {{rows, columns}, kRounded ? memory::data_type::bf16 : memory::data_type::f32, strides};
}

memory::desc f32_matrix(std::int64_t rows, std::int64_t columns) {
  return {{rows, columns}, memory::data_type::f32, memory::format_tag::ab};
}

dnnl::matmul::primitive_desc describe(const memory::desc& a, const memory::desc& b, const memory::desc& bias,
                                      const memory::desc& out, float keep = 0.0F) {
  dnnl::primitive_attr attributes;
  if (keep != 0) {
    dnnl::post_ops after;
    after.append_sum(keep);
    attributes.set_post_ops(after);
  }
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), a, b, bias, out, attributes};
#else
  return {{a, b, bias, out}, attributes, cpu()};
#endif
}

memory memory_of(const memory::desc& desc, const void* data) {
  return {desc, cpu(), const_cast<void*>(data)};
}

void execute(const dnnl::matmul& product, const std::unordered_map<int, memory>& arguments) {
  product.execute(thread_stream(), arguments);
  thread_stream().wait();
}

template <class Element>
void multiply_operands(const ProductShape& shape, const MatrixOf<Element>& a, const MatrixOf<Element>& b,
                       const float* bias, float* out) try {
  if (shape.rows == 0 || shape.columns == 0) return;
  if (shape.inner == 0 && bias == nullptr)
    return scale_rows({.rows = shape.rows, .columns = shape.columns, .keep = shape.keep}, out, shape.columns);
  const memory::desc a_desc = operand_matrix(shape.rows, shape.inner, a);
  const memory::desc b_desc = operand_matrix(shape.inner, shape.columns, b);
  const memory::desc bias_desc = bias != nullptr ? f32_matrix(1, shape.columns) : memory::desc();
  const memory::desc out_desc = f32_matrix(shape.rows, shape.columns);
  // oneDNN keeps the kernels of the shapes it has seen: finding one again takes microseconds.
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, memory_of(a_desc, a.data)},
                                               {DNNL_ARG_WEIGHTS, memory_of(b_desc, b.data)},
                                               {DNNL_ARG_DST, memory_of(out_desc, out)}};
  if (bias != nullptr) arguments.emplace(DNNL_ARG_BIAS, memory_of(bias_desc, bias));
  execute(dnnl::matmul(describe(a_desc, b_desc, bias_desc, out_desc, shape.keep)), arguments);
} catch (const dnnl::error& refusal) {
  throw Error(std::string("oneDNN refused a matrix product: ") + refusal.what());
}

bool has_instructions(dnnl::cpu_isa wanted) {
  const auto machine = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
  return (machine & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

}  // namespace

void multiply(const ProductShape& shape, const MatrixView& a, const MatrixView& b, float* out,
              std::int64_t out_stride) {
  if (shape.rows == 0 || shape.columns == 0) return;
  if (shape.inner == 0) return scale_rows(shape, out, out_stride);
  const dnnl_status_t status =
      dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', shape.rows, shape.columns, shape.inner,
                 shape.scale, a.data, a.stride, b.data, b.stride, shape.keep, out, out_stride);
  if (status != dnnl_success)
    throw Error("oneDNN refused a matrix product, status " + std::to_string(status));
}

void multiply_and_add(const ProductShape& shape, const MatrixView& a, const MatrixView& b, const float* bias,
                      float* out) {
  multiply_operands(shape, a, b, bias, out);
}

void multiply_bf16(const ProductShape& shape, const Bf16MatrixView& a, const Bf16MatrixView& b,
                   const float* bias, float* out) {
  multiply_operands(shape, a, b, bias, out);
}

bool has_independent_rows() {
  return has_instructions(dnnl::cpu_isa::avx512_core);
}

bool has_bf16_products() {
  return has_instructions(dnnl::cpu_isa::avx512_core_bf16);
}

}  // namespace transkimmer
