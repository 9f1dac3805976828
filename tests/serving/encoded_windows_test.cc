#include "serving/encoded_windows.h"

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

Encoding of_tokens(std::size_t count) {
  Encoding encoding;
  encoding.ids.assign(count, 1);
  return encoding;
}

TEST(EncodedWindows, HoldEveryInputOnceInOrder) {
  EncodedWindows windows(100, {10, 40}, [](std::size_t i) { return of_tokens(1 + i % 7); });
  std::size_t next = 0;
  while (const auto window = windows.next()) {
    EXPECT_EQ(window->first, next);
    for (const Encoding& encoding : window->encodings) EXPECT_EQ(encoding.ids.size(), 1 + next++ % 7);
  }
  EXPECT_EQ(next, 100U);
  EXPECT_FALSE(windows.next());
}

TEST(EncodedWindows, DoubleFromTheFirstToTheLargest) {
  EncodedWindows windows(60, {4, 10}, [](std::size_t) { return of_tokens(1); });
  std::vector<std::size_t> sizes;
  while (const auto window = windows.next()) sizes.push_back(window->encodings.size());
  EXPECT_THAT(sizes, testing::ElementsAre(4, 8, 10, 10, 10, 10, 8));
}

TEST(EncodedWindows, NoInputsGiveNoWindow) {
  EncodedWindows windows(0, {10, 40}, [](std::size_t) -> Encoding { throw std::logic_error("called"); });
  EXPECT_FALSE(windows.next());
}

TEST(EncodedWindows, OneWindowNeedsNoThread) {
  std::thread::id encoder;
  EncodedWindows windows(3, {10, 40}, [&](std::size_t) {
    encoder = std::this_thread::get_id();
    return of_tokens(2);
  });
  windows.next();
  EXPECT_EQ(encoder, std::this_thread::get_id());
}

TEST(EncodedWindows, TheNextIsMadeWhileTheReaderWorks) {
  std::atomic<std::size_t> made = 0;
  EncodedWindows windows(8, {4, 4}, [&](std::size_t) {
    ++made;
    return of_tokens(1);
  });
  windows.next();
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (made < 8 && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_EQ(made, 8U) << "the reader has not asked for the second window";
}

TEST(EncodedWindows, AnErrorComesAfterTheWindowsBeforeIt) {
  EncodedWindows windows(8, {4, 4}, [](std::size_t i) {
    if (i == 6) throw std::runtime_error("input 6");
    return of_tokens(1);
  });
  EXPECT_TRUE(windows.next());
  EXPECT_THROW(windows.next(), std::runtime_error);
}

TEST(EncodedWindows, MayBeLeftBeforeTheEnd) {
  std::atomic<bool> alive = true;
  {
    EncodedWindows windows(8, {4, 4}, [&](std::size_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      EXPECT_TRUE(alive);
      return of_tokens(1);
    });
    windows.next();
  }
  alive = false;
}

}  // namespace
}  // namespace transkimmer
