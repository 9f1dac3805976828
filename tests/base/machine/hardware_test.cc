#include "base/machine/hardware.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

namespace transkimmer::test {
namespace {

TEST(Hardware, DescriptionIsOneLineOfThreeParts) {
  EXPECT_THAT(hardware_description(), ::testing::MatchesRegex("[^\n]+, [0-9]+ processors?, [^\n]+"));
}

TEST(Hardware, AffinityNarrowsTheProcessors) {
  int processors = 0;
  std::thread narrowed([&processors] {
    cpu_set_t allowed;
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    int first = 0;
    while (!CPU_ISSET(first, &allowed)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ::sched_setaffinity(0, sizeof one, &one);
    processors = available_processors();
  });
  narrowed.join();
  EXPECT_EQ(processors, 1);
}

}  // namespace
}  // namespace transkimmer::test
