#include "hub/cache/file_lock.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

TEST(FileLocks, AreHeldByOneAtATime) {
  const TemporaryDirectory directory;
  const auto path = directory / "locks/x.lock";
  auto first = FileLock::try_for(path);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->exclusive());
  EXPECT_FALSE(FileLock::try_for(path));
  first.reset();
  EXPECT_TRUE(FileLock::try_for(path));
}

TEST(FileLocks, AreWaitedForAndThatIsToldOnce) {
  const TemporaryDirectory directory;
  const auto path = directory / "x.lock";
  std::optional<FileLock> first = FileLock::try_for(path);
  std::atomic<int> told = 0;
  std::atomic<bool> mine = false;
  std::thread second([&] {
    const FileLock lock = FileLock::wait_for(path, [&](const std::string&) { ++told; });
    mine = true;
  });
  while (told == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(120));
  EXPECT_FALSE(mine);
  first.reset();
  second.join();
  EXPECT_TRUE(mine);
  EXPECT_EQ(told, 1);
}

TEST(FileLocks, OfAFileThatWasRemovedAreNone) {
  const TemporaryDirectory directory;
  const auto path = directory / "x.lock";
  const auto of_the_removed = FileLock::try_for(path);
  remove_recursively(path);
  const auto of_the_new = FileLock::try_for(path);
  ASSERT_TRUE(of_the_new);
  EXPECT_FALSE(FileLock::try_for(path));
}

}  // namespace
}  // namespace transkimmer::test
