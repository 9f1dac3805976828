#include "base/machine/parallel.h"

#include <atomic>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace transkimmer {
namespace {

TEST(ParallelFor, CallsEachIndexOnce) {
  for (const unsigned threads : {0U, 1U, 2U, 7U}) {
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      parallel_for(count, threads, [&](std::size_t i) { ++calls[i]; });
      for (const auto& each : calls) EXPECT_EQ(each, 1) << threads << " threads";
    }
  }
}

TEST(ParallelFor, ThrowsTheFailureOfTheLowestIndex) {
  for (const unsigned threads : {1U, 2U, 5U}) {
    for (int repetition = 0; repetition < 50; ++repetition) {
      try {
        parallel_for(100, threads, [](std::size_t i) {
          if (i >= 40) throw std::runtime_error(std::to_string(i));
        });
        FAIL() << "nothing was thrown";
      } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "40") << threads << " threads";
      }
    }
  }
}

TEST(ParallelFor, BeginsNothingAfterAFailure) {
  std::size_t calls = 0;
  EXPECT_THROW(parallel_for(100, 1,
                            [&](std::size_t i) {
                              ++calls;
                              if (i == 3) throw std::runtime_error("three");
                            }),
               std::runtime_error);
  EXPECT_EQ(calls, 4U);
}

[[noreturn]] void run_without_new_threads() {
  const rlimit no_more{.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_NPROC, &no_more);
  std::atomic<int> calls = 0;
  parallel_for(100, 4, [&](std::size_t) { ++calls; });
  std::exit(calls == 100 ? 0 : 1);
}

// In a process of its own: the limit holds for all of it. Root is not bound by it, and is then not tested.
TEST(ParallelForDeathTest, DoesTheWorkWhereTheSystemRefusesThreads) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(run_without_new_threads(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace transkimmer
