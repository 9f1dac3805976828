#include "compute/products/streaming_kernels.h"

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "compute/operand.h"

namespace transkimmer {
namespace {

/// Small whole numbers, so that every precision holds them and their sums exactly.
std::vector<int> random_values(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<int> values(count);
  for (int& value : values) value = static_cast<int>(generator() % 255) - 127;
  return values;
}

void write(std::byte* place, int value, Precision precision) {
  if (precision == Precision::int8) {
    *place = static_cast<std::byte>(value);
    return;
  }
  const auto real = static_cast<float>(value);
  const auto* bytes = reinterpret_cast<const std::byte*>(&real);
  const std::size_t width = operand_bytes(precision);
  std::memcpy(place, bytes + sizeof real - width, width);  // bf16: the upper half
}

class Streaming : public testing::TestWithParam<Precision> {
 protected:
  void SetUp() override {
    if (!can_stream(GetParam())) GTEST_SKIP() << "this machine has no instructions for it";
  }

  /// Compares a product of random operands with plain loops.
  void check(std::size_t rows, std::size_t in, std::size_t columns) {
    SCOPED_TRACE(testing::Message() << rows << " x " << in << " x " << columns);
    const std::size_t width = operand_bytes(GetParam()), blocks = (columns + 63) / 64;
    const std::vector<int> x = random_values(rows * in, 1), weights = random_values(in * columns, 2);
    std::vector<std::byte> x_bytes(x.size() * width), packed(blocks * 64 * in * width);
    for (std::size_t i = 0; i < x.size(); ++i) write(x_bytes.data() + i * width, x[i], GetParam());
    std::vector<std::int32_t> sums(columns);
    for (std::size_t k = 0; k < in; ++k)
      for (std::size_t column = 0; column < columns; ++column) {
        const int value = weights[k * columns + column];
        write(packed.data() + streamed_place(k, column, in, sizeof(float) / width) * width, value,
              GetParam());
        sums[column] += kStreamedOffset * value;
      }
    const std::vector<float> bias(columns, 3);
    const void* const next = rows % 2 == 0 ? packed.data() : nullptr;  // whatever it is, it changes nothing
    constexpr std::int32_t kUntouched = 77;
    // Rows lie side by side, or apart.
    const std::size_t stride = columns + rows % 3;
    std::vector<std::int32_t> y(rows * stride + 64, kUntouched);
    multiply_streamed(GetParam(), {x_bytes.data(), rows, in, packed.data(), columns, bias.data(), sums.data(),
                                   y.data(), stride, next});
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        std::int64_t expected = GetParam() == Precision::int8 ? 0 : 3;
        for (std::size_t k = 0; k < in; ++k)
          expected += std::int64_t{x[row * in + k]} * weights[k * columns + column];
        ASSERT_EQ(value_at(y[row * stride + column]), expected) << row << ' ' << column;
      }
      for (std::size_t i = columns; i < stride; ++i) ASSERT_EQ(y[row * stride + i], kUntouched);
    }
    for (std::size_t i = rows * stride; i < y.size(); ++i) ASSERT_EQ(y[i], kUntouched);
  }

  std::int64_t value_at(std::int32_t bits) const {
    if (GetParam() == Precision::int8) return bits;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return static_cast<std::int64_t>(value);
  }
};

TEST_P(Streaming, EqualsPlainLoopsForEveryNumberOfRows) {
  for (std::size_t rows = 1; rows <= 26; ++rows) check(rows, 64, 128);
  check(64, 128, 64);
}

TEST_P(Streaming, EqualsPlainLoopsForEveryNumberOfColumns) {
  for (const std::size_t columns : {1, 15, 16, 17, 63, 64, 65, 130, 200}) check(7, 192, columns);
}

INSTANTIATE_TEST_SUITE_P(Precisions, Streaming,
                         testing::Values(Precision::f32, Precision::bf16, Precision::int8),
                         [](const auto& precision) { return std::string(name_of(precision.param)); });

}  // namespace
}  // namespace transkimmer
