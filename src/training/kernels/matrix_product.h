#pragma once

#include <cstdint>

namespace transkimmer {

/// A row-major matrix in memory, whose rows are `stride` elements apart; used as its transpose when asked
/// for.
template <class Element>
struct MatrixOf {
  const Element* data = nullptr;
  std::int64_t stride = 0;
  bool transposed = false;
};

using MatrixView = MatrixOf<float>;
/// The upper halves of f32 numbers, as torch::kBFloat16 keeps them.
using Bf16MatrixView = MatrixOf<std::uint16_t>;

/// Sizes of a product, and what becomes of its sums.
struct ProductShape {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t inner = 0;
  float scale = 1.0F;
  float keep = 0.0F;  ///< the factor of what `out` holds already
};

/// out [rows, columns] = scale * a b + keep * out. Runs on libtorch's OpenMP threads (on the calling thread
/// inside a parallel region), where the system's BLAS would bring a second pool that competes for the same
/// processors. Throws Error where oneDNN refuses the product, as the next two do.
void multiply(const ProductShape& shape, const MatrixView& a, const MatrixView& b, float* out,
              std::int64_t out_stride);

/// out [rows, columns] = a b + bias + keep * out, summed in f32, rows of `out` without gaps; `bias` [columns]
/// may be null. `scale` of the shape is not used. Threads as for `multiply`.
void multiply_and_add(const ProductShape& shape, const MatrixView& a, const MatrixView& b, const float* bias,
                      float* out);
/// The same of operands in bf16. Slow where has_bf16_products() is false.
void multiply_bf16(const ProductShape& shape, const Bf16MatrixView& a, const Bf16MatrixView& b,
                   const float* bias, float* out);

/// Whether a row of a product has the same bits whatever other rows are multiplied with it: so it is with
/// oneDNN's kernels for AVX-512, and not with those for older processors.
bool has_independent_rows();

/// Whether this processor multiplies bf16 faster than f32 (AVX-512 BF16), and oneDNN may use that
/// (ONEDNN_MAX_CPU_ISA).
bool has_bf16_products();

}  // namespace transkimmer
