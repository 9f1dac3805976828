#include "training/kernels/matrix_product.h"

#include <bit>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/time.h>

#include "base/interrupt.h"

namespace transkimmer::test {
namespace {

TEST(MatrixProduct, MultipliesTransposesScalesAndAdds) {
  const std::vector<float> a = {1, 2, 3, 4, 5, 6};  // [2, 3]
  const std::vector<float> b = {1, 0, 2, 1, 0, 3};  // [2, 3], used as [3, 2]
  std::vector<float> out = {100, 200, 300, 400};    // [2, 2]
  multiply({.rows = 2, .columns = 2, .inner = 3, .scale = 2.0F, .keep = 1.0F}, {a.data(), 3},
           {b.data(), 3, /*transposed=*/true}, out.data(), 2);
  EXPECT_EQ(out, (std::vector<float>{100 + 14, 200 + 20, 300 + 32, 400 + 44}));
}

TEST(MatrixProduct, OfNothingIsNothingOrWhatWasThere) {
  std::vector<float> out = {1, 2};
  multiply({.rows = 1, .columns = 2, .inner = 0, .keep = 1.0F}, {out.data(), 0}, {out.data(), 2}, out.data(),
           2);
  EXPECT_EQ(out, (std::vector<float>{1, 2}));
  multiply({.rows = 1, .columns = 2, .inner = 0}, {out.data(), 0}, {out.data(), 2}, out.data(), 2);
  EXPECT_EQ(out, (std::vector<float>{0, 0}));
}

float wide(std::uint16_t bf16) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bf16) << 16U);
}

/// Multiples of 1/8 between -2 and 2, which bf16 holds exactly.
std::vector<std::uint16_t> bf16_numbers(std::size_t count, std::uint32_t seed) {
  std::vector<std::uint16_t> numbers;
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const float number = (static_cast<float>(random() % 33) - 16.0F) / 8.0F;
    numbers.push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(number) >> 16U));
  }
  return numbers;
}

struct Transposition {
  bool a, b;
};

class Bf16Product : public ::testing::TestWithParam<Transposition> {};

// Sums of exact products of a few bits are exact in f32, so every order of summation gives the same.
TEST_P(Bf16Product, SumsExactProductsAndAddsTheBias) {
  if (!has_bf16_products()) GTEST_SKIP() << "this processor has no AVX-512 BF16";
  constexpr std::int64_t kRows = 37, columns = 21, inner = 51;
  const auto a = bf16_numbers(kRows * inner, 1), b = bf16_numbers(inner * columns, 2);
  std::vector<float> bias(columns), out(kRows * columns);
  for (std::int64_t j = 0; j < columns; ++j) bias[j] = static_cast<float>(j) - 4;
  const Bf16MatrixView a_view{a.data(), GetParam().a ? kRows : inner, GetParam().a};
  const Bf16MatrixView b_view{b.data(), GetParam().b ? inner : columns, GetParam().b};
  for (const float* added : {static_cast<const float*>(bias.data()), static_cast<const float*>(nullptr)}) {
    multiply_bf16({.rows = kRows, .columns = columns, .inner = inner}, a_view, b_view, added, out.data());
    for (std::int64_t i = 0; i < kRows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        float expected = added != nullptr ? added[j] : 0;
        for (std::int64_t k = 0; k < inner; ++k)
          expected += wide(a[GetParam().a ? k * kRows + i : i * inner + k]) *
                      wide(b[GetParam().b ? j * inner + k : k * columns + j]);
        ASSERT_EQ(out[i * columns + j], expected) << "row " << i << ", column " << j;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(MatrixProduct, Bf16Product,
                         ::testing::Values(Transposition{false, false}, Transposition{false, true},
                                           Transposition{true, false}, Transposition{true, true}),
                         [](const auto& tested) {
                           return std::string(tested.param.a ? "transposed" : "straight") + "_by_" +
                                  (tested.param.b ? "transposed" : "straight");
                         });

// Ctrl-C during a matrix product must not change its result: on the ordinary stack the handler would.
TEST(MatrixProduct, SurvivesSignalsWhileAnInterruptGuardLives) {
  constexpr std::int64_t kRows = 500, inner = 300, columns = 64;
  const std::vector<float> a(kRows * inner, 1.0F), b(inner * columns, 1.0F);
  const itimerval often{{0, 300}, {0, 300}};
  const itimerval never{};
  const InterruptGuard guard;
  // The guard's own handler, under a signal that a timer sends and that leaves it installed.
  struct sigaction action = {};
  sigaction(SIGINT, nullptr, &action);
  struct sigaction previous = {};
  action.sa_handler = [](int) {};
  sigaction(SIGALRM, &action, &previous);
  setitimer(ITIMER_REAL, &often, nullptr);
  bool right = true;
  for (int repeat = 0; repeat < 200; ++repeat) {
    std::vector<float> out(kRows * columns);
    multiply({.rows = kRows, .columns = columns, .inner = inner}, {a.data(), inner}, {b.data(), columns},
             out.data(), columns);
    for (const float value : out) right = right && value == static_cast<float>(inner);
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &previous, nullptr);
  EXPECT_TRUE(right);
}

}  // namespace
}  // namespace transkimmer::test
