#pragma once

#include <cstdint>

namespace transkimmer {

/// A row-major f32 matrix in memory, whose rows are `stride` elements apart; used as its transpose when asked
/// for.
struct MatrixView {
  const float* data = nullptr;
  std::int64_t stride = 0;
  bool transposed = false;
};

struct ProductShape {
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t inner = 0;
  float scale = 1.0F;
  float keep = 0.0F;  ///< the factor of what `out` holds already
};

/// out [rows, columns] = scale * a b + keep * out. Runs on libtorch's OpenMP threads (on the calling thread
/// inside a parallel region), where the system's BLAS would bring a second pool that competes for the same
/// processors.
void multiply(const ProductShape& shape, const MatrixView& a, const MatrixView& b, float* out,
              std::int64_t out_stride);

}  // namespace transkimmer
