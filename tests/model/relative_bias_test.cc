#include "model/relative_bias.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

/// Where each bucket begins, as transformers' MPNet has it.
constexpr std::int64_t kBegins[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 23, 32, 46, 64, 91};

TEST(RelativeBias, BucketsAreThoseOfTransformers) {
  constexpr std::int64_t kTokens = 600;
  const std::vector<std::int64_t> buckets = relative_buckets({.buckets = 32}, kTokens);
  ASSERT_EQ(buckets.size(), 2U * kTokens - 1);
  for (std::int64_t distance = 1 - kTokens; distance < kTokens; ++distance) {
    std::int64_t expected = -1;
    for (const std::int64_t begin : kBegins) expected += std::abs(distance) >= begin ? 1 : 0;
    EXPECT_EQ(buckets[static_cast<std::size_t>(distance + kTokens - 1)], expected + (distance > 0 ? 16 : 0))
        << distance;
  }
}

TEST(RelativeBias, OfOneTokenIsThatOfItself) {
  EXPECT_EQ(relative_buckets({.buckets = 32}, 1), std::vector<std::int64_t>{0});
}

TEST(RelativeBias, HasTheTablesColumnOfEachHeadByDistance) {
  std::vector<float> table(2 * 32);  // [buckets, heads]
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i);
  // Before the query, at it, and behind it: buckets 1, 0 and 17.
  EXPECT_EQ(bias_by_distance({.buckets = 32}, table, 2), (std::vector<float>{2, 0, 34, 3, 1, 35}));
}

}  // namespace
}  // namespace transkimmer
