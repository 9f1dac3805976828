#include "training/matrix_product.h"

#include <string>

#if __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#else
#include <dnnl.h>
#endif

#include "transkimmer/error.h"

namespace transkimmer {

void multiply(const ProductShape& shape, const MatrixView& a, const MatrixView& b, float* out,
              std::int64_t out_stride) {
  if (shape.rows == 0 || shape.columns == 0) return;
  const dnnl_status_t status =
      dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', shape.rows, shape.columns, shape.inner,
                 shape.scale, a.data, a.stride, b.data, b.stride, shape.keep, out, out_stride);
  if (status != dnnl_success)
    throw Error("oneDNN refused a matrix product, status " + std::to_string(status));
}

}  // namespace transkimmer
