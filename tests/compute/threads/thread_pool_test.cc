#include "compute/threads/thread_pool.h"

#include <atomic>
#include <new>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/allocations.h"

namespace transkimmer {
namespace {

class ThreadPoolOfSize : public testing::TestWithParam<int> {};

TEST_P(ThreadPoolOfSize, RunsEveryTaskExactlyOnce) {
  const ThreadPool pool(GetParam());
  for (const std::size_t tasks : {0, 1, 2, 7, 1000}) {
    std::vector<std::atomic<int>> runs(tasks);
    pool.parallel_for(tasks, [&](std::size_t task, int) { ++runs[task]; });
    for (const auto& count : runs) EXPECT_EQ(count, 1);
  }
}

TEST_P(ThreadPoolOfSize, NeverGivesOneWorkerNumberToTwoTasksAtOnce) {
  const ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> inside(static_cast<std::size_t>(pool.threads()));
  std::atomic<bool> shared = false;
  pool.parallel_for(2000, [&](std::size_t, int worker) {
    if (++inside.at(static_cast<std::size_t>(worker)) != 1) shared = true;
    --inside.at(static_cast<std::size_t>(worker));
  });
  EXPECT_FALSE(shared);
}

TEST_P(ThreadPoolOfSize, RethrowsWhatATaskThrowsAndStaysUsable) {
  const ThreadPool pool(GetParam());
  EXPECT_THROW(pool.parallel_for(50,
                                 [](std::size_t task, int) {
                                   if (task == 30) throw std::runtime_error("task 30");
                                 }),
               std::runtime_error);
  std::atomic<int> sum = 0;
  pool.parallel_for(10, [&](std::size_t task, int) { sum += static_cast<int>(task); });
  EXPECT_EQ(sum, 45);
}

TEST_P(ThreadPoolOfSize, ServesSeveralCallersAtOnce) {
  const ThreadPool pool(GetParam());
  std::atomic<int> total = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 4; ++caller)
      callers.emplace_back([&] {
        for (int round = 0; round < 100; ++round) pool.parallel_for(5, [&](std::size_t, int) { ++total; });
      });
  }
  EXPECT_EQ(total, 4 * 100 * 5);
}

TEST(ThreadPool, EndsItsThreadsWhenMemoryRunsOut) {
  int failures = 0;
  for (int allowed = 0;; ++allowed) {
    bool made = false;
    try {
      test::with_allocations(allowed, [&] {
        const ThreadPool pool(4);
        made = true;
      });
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    if (made) break;
  }
  EXPECT_GE(failures, 4) << "the pool itself, its list, and each thread take memory";
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolOfSize, testing::Values(1, 2, 5));

}  // namespace
}  // namespace transkimmer
