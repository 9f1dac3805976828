#include "base/interrupt.h"

#include <csignal>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

TEST(InterruptGuard, TurnsTheFirstSignalIntoAFlag) {
  for (const int number : {SIGINT, SIGTERM}) {
    const InterruptGuard guard;
    EXPECT_FALSE(guard.interrupted());
    std::raise(number);
    EXPECT_TRUE(guard.interrupted());
    EXPECT_EQ(guard.signal(), number);
  }
}

TEST(InterruptGuard, SaysWhatHappensNowOnce) {
  testing::internal::CaptureStderr();
  {
    const InterruptGuard guard("stopping\n");
    std::raise(SIGTERM);
  }
  { const InterruptGuard guard; }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "stopping\n");
}

TEST(InterruptGuard, RestoresTheHandlerThatWasThere) {
  static volatile std::sig_atomic_t seen = 0;
  seen = 0;
  void (*const previous)(int) = std::signal(SIGINT, [](int) { seen = 1; });
  { const InterruptGuard guard; }
  std::raise(SIGINT);
  std::signal(SIGINT, previous);
  EXPECT_EQ(seen, 1);
}

TEST(InterruptGuard, RefusesASecondOne) {
  const InterruptGuard guard;
  EXPECT_THROW(InterruptGuard(), Error);
}

using InterruptGuardDeathTest = testing::Test;

TEST(InterruptGuardDeathTest, LetsTheSecondSignalEndTheProgram) {
  EXPECT_EXIT(
      {
        const InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::KilledBySignal(SIGINT), "");
  EXPECT_EXIT(
      {
        const InterruptGuard guard;
        std::raise(SIGINT);
        std::raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace transkimmer
