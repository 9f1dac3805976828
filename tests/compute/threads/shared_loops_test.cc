#include "compute/threads/shared_loops.h"

#include <atomic>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::Each;
using testing::Eq;

/// How often each task is done.
std::vector<int> times_done(int threads, std::size_t tasks, std::size_t macs) {
  const ThreadPool pool(threads);
  std::vector<std::atomic<int>> done(tasks);
  SharedLoops(pool).for_tasks(tasks, macs, [&](std::size_t task, int worker) {
    EXPECT_LT(worker, threads);
    ++done[task];
  });
  return {done.begin(), done.end()};
}

TEST(SharedLoops, DoEveryTaskOnceHoweverManyAreTakenAtOnce) {
  for (const int threads : {1, 2, 5})
    for (const std::size_t tasks : {0, 1, 7, 12, 384, 385, 1001})
      for (const std::size_t macs_per_task : {1, 700, 20'000, 1'000'000}) {
        SCOPED_TRACE(testing::Message() << threads << ' ' << tasks << ' ' << macs_per_task);
        EXPECT_THAT(times_done(threads, tasks, tasks * macs_per_task), Each(Eq(1)));
      }
}

TEST(SharedLoops, WhatIsNotWorthSharingStaysOnTheCallersThread) {
  const ThreadPool pool(2);
  SharedLoops(pool).for_tasks(100, kMacsWorthSharing - 1,
                              [](std::size_t, int worker) { EXPECT_EQ(worker, 0); });
}

}  // namespace
}  // namespace transkimmer
