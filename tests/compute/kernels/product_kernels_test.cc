#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "compute/kernels/definitions.h"
#include "compute/kernels/instruction_sets.h"
#include "compute/kernels/kernels.h"

namespace transkimmer {
namespace {

using test::gelu;
using test::widened;

/// Odd, so that whole vectors and single lanes are tried.
constexpr std::size_t kColumns = 8001;

/// Numbers from -20 to 20.
std::vector<float> ascending() {
  std::vector<float> values(kColumns);
  for (std::size_t i = 0; i < kColumns; ++i) values[i] = static_cast<float>(i) / 200.0F - 20.0F;
  return values;
}

class FinishProduct : public EachInstructionSet {
 protected:
  static std::vector<Bf16> rounded(const std::vector<float>& x, Activation activation) {
    std::vector<Bf16> out(x.size());
    finish_product({x.data()}, {1, x.size()}, activation, {out.data(), x.size(), true});
    return out;
  }
};

TEST_P(FinishProduct, RoundsToTheNearestBf16) {
  const auto x = ascending();
  const auto found = rounded(x, Activation::none);
  std::vector<Bf16> nearest(x.size());
  write_operand(x.data(), 1, {Precision::bf16, nearest.data(), nullptr, x.size()});
  EXPECT_EQ(found, nearest);
}

TEST_P(FinishProduct, GeluInF32IsItsDefinition) {
  const auto x = ascending();
  std::vector<float> found(x.size());
  finish_product({x.data()}, {1, x.size()}, Activation::gelu, {found.data(), x.size(), false});
  for (std::size_t i = 0; i < x.size(); ++i)
    ASSERT_NEAR(found[i], gelu(x[i]), 3e-7 * std::abs(x[i]) + 1e-7) << x[i];
}

constexpr Activation kActivations[] = {Activation::none, Activation::gelu,      Activation::tanh,
                                       Activation::relu, Activation::gelu_tanh, Activation::silu};

TEST_P(FinishProduct, EveryActivationIsItsDefinition) {
  const auto x = ascending();
  for (const Activation activation : kActivations) {
    std::vector<float> found(x.size());
    finish_product({x.data()}, {1, x.size()}, activation, {found.data(), x.size(), false});
    const auto halves = rounded(x, activation);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double expected = test::activated(activation, x[i]);
      const double tolerance = 6e-7 * std::abs(x[i]) + 1e-7;
      ASSERT_NEAR(found[i], expected, tolerance) << static_cast<int>(activation) << " of " << x[i];
      ASSERT_NEAR(widened(halves[i]), expected, std::ldexp(std::abs(expected), -8) + 4e-5 + tolerance)
          << static_cast<int>(activation) << " of " << x[i];
    }
  }
}

/// Rounding is off by at most 2^-8; the rest is the polynomial's share.
TEST_P(FinishProduct, RoundedGeluIsWithinRoundingOfItsDefinition) {
  const auto x = ascending();
  const auto found = rounded(x, Activation::gelu);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = gelu(x[i]);
    const double tolerance = std::ldexp(std::abs(expected), -8) + 4e-5 + 1e-6 * std::abs(x[i]);
    ASSERT_NEAR(widened(found[i]), expected, tolerance) << x[i];
  }
}

TEST_P(FinishProduct, NotANumberStaysVisible) {
  for (const Activation activation : kActivations) {
    const std::vector<float> x(17, std::numeric_limits<float>::quiet_NaN());
    for (const Bf16 found : rounded(x, activation)) EXPECT_TRUE(std::isnan(widened(found)));
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, FinishProduct, testing::ValuesIn(instruction_sets()), instruction_set_name);

class QuantizeRounded : public EachInstructionSet {};

TEST_P(QuantizeRounded, EqualsQuantisingTheSameFloats) {
  for (const std::size_t columns : {1, 7, 16, 33, 130}) {
    constexpr std::size_t kRows = 3;
    const auto x = test::random_floats(kRows * columns, columns, {.most = 3, .offset = -1});
    std::vector<Bf16> halves(x.size());
    write_operand(x.data(), 1, {Precision::bf16, halves.data(), nullptr, x.size()});
    std::vector<float> floats;
    for (const Bf16 half : halves) floats.push_back(widened(half));
    std::vector<std::int8_t> expected(x.size()), found(x.size());
    std::vector<float> expected_scales(kRows), scales(kRows);
    write_operand(floats.data(), kRows, {Precision::int8, expected.data(), expected_scales.data(), columns});
    quantize_rounded(halves.data(), kRows, {Precision::int8, found.data(), scales.data(), columns});
    EXPECT_EQ(found, expected) << columns;
    EXPECT_EQ(scales, expected_scales) << columns;
  }
}

INSTANTIATE_TEST_SUITE_P(Sets, QuantizeRounded, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace transkimmer
