#include "text/byte_level_bpe/bpe_merges.h"

#include <random>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

/// Random merges over 4 letters: ids 0..3 are letters, each merge makes a new token.
std::vector<BpeMerge> random_merges(std::mt19937& random) {
  std::vector<BpeMerge> merges;
  for (std::int32_t id = 4; id < 40; ++id) {
    std::uniform_int_distribution<std::int32_t> token(0, id - 1);
    merges.push_back({token(random), token(random), id});
  }
  return merges;
}

TEST(BpeMerges, HeapAndScanAgree) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    const BpeMerges merges(random_merges(random));
    std::vector<BpeSymbol> symbols;
    for (std::uint32_t i = 0; i < 120; ++i)
      symbols.push_back({static_cast<std::int32_t>(random() % 4), i, i + 1});
    std::vector<BpeSymbol> by_heap = symbols;
    merges.apply_by_scan(symbols);
    merges.apply_by_heap(by_heap);
    ASSERT_EQ(symbols, by_heap) << "round " << round;
  }
}

TEST(BpeMerges, LowestRankGoesFirstAndFromTheLeft) {
  const std::vector<BpeMerge> list = {{1, 2, 3}, {0, 1, 4}, {0, 0, 5}};
  const BpeMerges merges(list);
  std::vector<BpeSymbol> symbols = {{0, 0, 1}, {1, 1, 2}, {2, 2, 3}, {0, 3, 4}, {0, 4, 5}, {0, 5, 6}};
  merges.apply(symbols);
  const std::vector<BpeSymbol> expected = {{0, 0, 1}, {3, 1, 3}, {5, 3, 5}, {0, 5, 6}};
  EXPECT_EQ(symbols, expected);
}

}  // namespace
}  // namespace transkimmer
