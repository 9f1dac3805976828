#include "compute/products/packed_linear.h"

#include <cmath>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"

namespace transkimmer {
namespace {

using test::gelu;
using test::random_floats;

struct Case {
  std::size_t in, out, rows;
  Activation activation;
  int panels;
};

class PackedLinearCase : public testing::TestWithParam<Case> {};

TEST_P(PackedLinearCase, EqualsAPlainProductInDouble) {
  const auto [in, out, rows, activation, panels] = GetParam();
  const auto weight = random_floats(out * in, 1);
  const auto bias = random_floats(out, 2);
  const auto x = random_floats(rows * in, 3);
  MatrixKernelCache kernels;
  const PackedLinear linear({in, out, activation}, weight, bias, panels, kernels);
  EXPECT_LE(linear.panels(), static_cast<std::size_t>(panels));
  std::vector<float> y(rows * out, NAN);
  linear.multiply(x.data(), rows, y.data());
  const double tolerance = 1e-5 * std::sqrt(static_cast<double>(in));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < out; ++column) {
      double sum = bias[column];
      for (std::size_t k = 0; k < in; ++k)
        sum += static_cast<double>(x[row * in + k]) * weight[column * in + k];
      ASSERT_NEAR(y[row * out + column], activation == Activation::gelu ? gelu(sum) : sum, tolerance)
          << "row " << row << ", column " << column;
    }
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, PackedLinearCase,
    testing::Values(Case{32, 96, 1, Activation::none, 1}, Case{32, 64, 7, Activation::gelu, 2},
                    Case{96, 3, 5, Activation::none, 2}, Case{7, 1, 3, Activation::none, 4},
                    Case{128, 512, 64, Activation::gelu, 2}, Case{128, 512, 65, Activation::none, 3},
                    Case{256, 200, 130, Activation::gelu, 2}, Case{768, 768, 33, Activation::none, 2}));

TEST(PackedLinear, WritesOnlyTheColumnsOfThePanelAskedFor) {
  const auto weight = random_floats(128 * 16, 1);
  const auto bias = random_floats(128, 2);
  const auto x = random_floats(16 * 2, 3);
  MatrixKernelCache kernels;
  const PackedLinear linear({16, 128, Activation::none}, weight, bias, 2, kernels);
  ASSERT_EQ(linear.panels(), 2U);
  std::vector<float> y(2 * 128, 77.0F);
  linear.multiply_panel(1, float_operand(x.data(), 16), 2, y.data());
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(y[i] == 77.0F, i % 128 < 64) << i;
}

}  // namespace
}  // namespace transkimmer
