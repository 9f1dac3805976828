#include "compute/products/weight_memory.h"

#include <cstdint>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using Piece = std::pair<std::byte*, std::size_t>;

/// Writes a number of its own all over each piece, and looks whether all are still there.
void expect_apart(const std::vector<Piece>& pieces) {
  const auto mark = [](std::size_t i) { return static_cast<int>(1 + i % 251); };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(pieces[i].first) % 64, 0U) << i;
    std::memset(pieces[i].first, mark(i), pieces[i].second);
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    std::size_t lost = 0;
    for (std::size_t k = 0; k < pieces[i].second; ++k)
      lost += pieces[i].first[k] == static_cast<std::byte>(mark(i)) ? 0U : 1U;
    EXPECT_EQ(lost, 0U) << "piece " << i << " of " << pieces[i].second << " bytes";
  }
}

TEST(WeightMemory, PiecesAreAlignedAndApart) {
  WeightMemory memory;
  std::vector<Piece> pieces;
  // Nothing, less than a cache line, several blocks' worth, and more than a block.
  for (const std::size_t bytes : {0, 1, 63, 64, 65, 20 << 20, 20 << 20, 7, 40 << 20, 100})
    pieces.emplace_back(memory.allocate(bytes), bytes);
  expect_apart(pieces);
}

TEST(WeightMemory, ServesSeveralThreadsAtOnce) {
  constexpr std::size_t kThreads = 4, kEach = 200;
  WeightMemory memory;
  std::vector<std::vector<Piece>> of_thread(kThreads);
  std::vector<std::thread> threads;
  for (auto& own : of_thread)
    threads.emplace_back([&memory, &own] {
      for (std::size_t i = 0; i < kEach; ++i) own.emplace_back(memory.allocate(10 * i), 10 * i);
    });
  for (std::thread& thread : threads) thread.join();
  std::vector<Piece> all;
  for (const auto& own : of_thread) all.insert(all.end(), own.begin(), own.end());
  expect_apart(all);
}

}  // namespace
}  // namespace transkimmer
