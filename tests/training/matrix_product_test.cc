#include "training/matrix_product.h"

#include <csignal>
#include <cstddef>
#include <cstdint>
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

// Ctrl-C during a matrix product must not change its result: on the ordinary stack the handler would.
TEST(MatrixProduct, SurvivesSignalsWhileAnInterruptGuardLives) {
  constexpr std::int64_t rows = 500, inner = 300, columns = 64;
  const std::vector<float> a(rows * inner, 1.0F), b(inner * columns, 1.0F);
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
    std::vector<float> out(rows * columns);
    multiply({.rows = rows, .columns = columns, .inner = inner}, {a.data(), inner}, {b.data(), columns},
             out.data(), columns);
    for (const float value : out) right = right && value == static_cast<float>(inner);
  }
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &previous, nullptr);
  EXPECT_TRUE(right);
}

}  // namespace
}  // namespace transkimmer::test
