#include "compute/products/matrix_kernels.h"

#include <memory>
#include <new>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compute/products/streaming_kernels.h"
#include "compute/usable_precision.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using testing::StartsWith;
using testing::ThrowsMessage;

TEST(MatrixKernels, ThrowNothingOfOneDnnsOwn) {
  // Of such a depth our own kernels multiply nothing.
  const std::size_t in = kStreamedDepth - 1, columns = 64, rows = PackedLinear::kMaxRows;
  for (const Precision precision : {Precision::f32, usable_precision(Precision::int8)}) {
    MatrixKernels kernels(in, columns, precision, std::make_shared<WeightMemory>());
    const std::vector<float> x(rows * in);
    std::vector<float> y(rows * columns);
    // Matrices that were never packed: oneDNN refuses them when it multiplies.
    for (const std::size_t count : {std::size_t{1}, rows})
      EXPECT_THAT(
          [&] {
            kernels.multiply(PackedMatrix(), {x.data(), count, y.data(), columns});
          },
          ThrowsMessage<Error>(StartsWith("oneDNN cannot multiply [")));
  }
}

TEST(MatrixKernels, RunningOutOfMemoryIsBadAlloc) {
  EXPECT_THROW(rethrow(dnnl::error(dnnl_out_of_memory, "no memory"), "multiply"), std::bad_alloc);
  EXPECT_THAT([] { rethrow(dnnl::error(dnnl_runtime_error, "no reason"), "multiply"); },
              ThrowsMessage<Error>("oneDNN cannot multiply: no reason"));
}

}  // namespace
}  // namespace transkimmer
