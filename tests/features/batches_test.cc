#include "features/batches.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

std::vector<std::size_t> varied_lengths(std::size_t count) {
  std::vector<std::size_t> lengths;
  for (std::size_t i = 0; i < count; ++i) lengths.push_back(5 + (i * 7919) % 300);
  return lengths;
}

std::vector<std::uint32_t> sorted_members(const std::vector<Batch>& batches) {
  std::vector<std::uint32_t> all;
  for (const Batch& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<std::uint32_t> first_indices(std::size_t count) {
  std::vector<std::uint32_t> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(static_cast<std::uint32_t>(i));
  return all;
}

/// Positions that a dense model would compute, over those that hold a token.
double padding_factor(const std::vector<Batch>& batches, const std::vector<std::size_t>& lengths) {
  std::size_t padded = 0;
  std::size_t real = 0;
  for (const Batch& batch : batches) {
    std::size_t longest = 0;
    for (const auto i : batch) {
      longest = std::max(longest, lengths[i]);
      real += lengths[i];
    }
    padded += longest * batch.size();
  }
  return static_cast<double>(padded) / static_cast<double>(real);
}

TEST(GroupedBatches, KeepAGroupTogetherWhereTheLimitsAllow) {
  // Groups of 2, 3, 1 and 2 sequences; the second does not fit beside the first.
  const std::vector<std::size_t> lengths = {10, 10, 10, 10, 10, 5, 40, 40};
  const std::vector<std::size_t> first = {0, 2, 5, 6, 8};
  EXPECT_EQ(grouped_batches(lengths, first, {.max_sequences = SIZE_MAX, .max_tokens = 40}),
            (std::vector<Batch>{{0, 1}, {2, 3, 4, 5}, {6}, {7}}));
  EXPECT_EQ(grouped_batches(lengths, first, {.max_sequences = 3, .max_tokens = SIZE_MAX}),
            (std::vector<Batch>{{0, 1}, {2, 3, 4}, {5, 6, 7}}));
  EXPECT_EQ(grouped_batches(lengths, first, {}).size(), 1U);
  EXPECT_TRUE(grouped_batches({}, std::vector<std::size_t>{0}, {}).empty());
  EXPECT_THROW(grouped_batches(lengths, first, {.max_sequences = 0}), UsageError);
}

TEST(SortedBatches, PutTheLongestFirstAndKeepFileOrderAmongEquals) {
  const std::vector<std::size_t> lengths = {3, 9, 3, 7};
  const auto batches = length_sorted_batches(lengths, {.max_sequences = 2, .max_tokens = SIZE_MAX});
  EXPECT_EQ(batches, (std::vector<Batch>{{1, 3}, {0, 2}}));
}

TEST(SortedBatches, RespectBothLimitsAndLoseNothing) {
  const auto lengths = varied_lengths(997);
  const BatchLimits limits{.max_sequences = 16, .max_tokens = 1000};
  const auto batches = length_sorted_batches(lengths, limits);
  for (const Batch& batch : batches) {
    std::size_t tokens = 0;
    for (const auto i : batch) tokens += lengths[i];
    EXPECT_LE(batch.size(), 16U);
    EXPECT_LE(tokens, 1000U);
    EXPECT_FALSE(batch.empty());
  }
  EXPECT_EQ(sorted_members(batches), first_indices(997));
}

TEST(SortedBatches, GiveAnOverlongSequenceItsOwnBatch) {
  const std::vector<std::size_t> lengths = {4, 50, 60, 4};
  const auto batches = length_sorted_batches(lengths, {.max_sequences = SIZE_MAX, .max_tokens = 10});
  EXPECT_EQ(batches, (std::vector<Batch>{{2}, {1}, {0, 3}}));
}

TEST(SortedBatches, OfNothingAreNone) {
  EXPECT_TRUE(length_sorted_batches({}, {}).empty());
  EXPECT_THROW(length_sorted_batches({}, {.max_sequences = 0, .max_tokens = 1}), UsageError);
}

TEST(TrainingBatches, HoldEverySequenceOnce) {
  const auto lengths = varied_lengths(1003);
  const auto batches =
      shuffled_length_batches(lengths, {.batch_size = 32, .pool_batches = 5, .seed = 1, .epoch = 0});
  EXPECT_EQ(sorted_members(batches), first_indices(1003));
  EXPECT_EQ(batches.size(), 32U);
  EXPECT_EQ(std::count_if(batches.begin(), batches.end(), [](const Batch& b) { return b.size() != 32; }), 1);
}

TEST(TrainingBatches, PadLittle) {
  const auto lengths = varied_lengths(4000);
  const auto batches = shuffled_length_batches(lengths, {});
  EXPECT_LT(padding_factor(batches, lengths), 1.06);
  // What it is measured against: pools of one batch are not sorted across batches at all.
  const auto unsorted =
      shuffled_length_batches(lengths, {.batch_size = 32, .pool_batches = 1, .seed = 0, .epoch = 0});
  EXPECT_GT(padding_factor(unsorted, lengths), 1.5);
}

TEST(TrainingBatches, DoNotComeInOrderOfLength) {
  const auto lengths = varied_lengths(3200);
  const auto batches =
      shuffled_length_batches(lengths, {.batch_size = 32, .pool_batches = 100, .seed = 3, .epoch = 0});
  std::size_t rises = 0;
  for (std::size_t i = 1; i < batches.size(); ++i) {
    rises += lengths[batches[i].front()] > lengths[batches[i - 1].front()] ? 1U : 0U;
  }
  EXPECT_GT(rises, batches.size() / 4);
  EXPECT_LT(rises, batches.size() * 3 / 4);
}

TEST(TrainingBatches, DependOnSeedAndEpochOnly) {
  const auto lengths = varied_lengths(500);
  const TrainingOrder order{.batch_size = 8, .pool_batches = 4, .seed = 42, .epoch = 3};
  const auto batches = shuffled_length_batches(lengths, order);
  EXPECT_EQ(batches, shuffled_length_batches(lengths, order));
  TrainingOrder other = order;
  other.epoch = 4;
  EXPECT_NE(batches, shuffled_length_batches(lengths, other));
  other = order;
  other.seed = 43;
  EXPECT_NE(batches, shuffled_length_batches(lengths, other));
  // Seed s at epoch e must not repeat seed s + 1 at epoch e - 1.
  EXPECT_NE(shuffled_length_batches(lengths, {.batch_size = 8, .pool_batches = 4, .seed = 1, .epoch = 1}),
            shuffled_length_batches(lengths, {.batch_size = 8, .pool_batches = 4, .seed = 2, .epoch = 0}));
}

TEST(TrainingBatches, AreTheSameOnEveryMachine) {
  const std::vector<std::size_t> lengths = {5, 3, 8, 1, 9, 2, 7};
  const auto batches =
      shuffled_length_batches(lengths, {.batch_size = 2, .pool_batches = 2, .seed = 7, .epoch = 1});
  EXPECT_EQ(batches, (std::vector<Batch>{{0, 4}, {3, 5}, {2}, {1, 6}}));
}

TEST(TrainingBatches, TakeExtremeOptions) {
  const std::vector<std::size_t> lengths = {5, 3};
  EXPECT_EQ(shuffled_length_batches(
                lengths, {.batch_size = SIZE_MAX, .pool_batches = SIZE_MAX, .seed = 0, .epoch = 0}),
            (std::vector<Batch>{{1, 0}}));
  EXPECT_TRUE(shuffled_length_batches({}, {}).empty());
  EXPECT_THROW(shuffled_length_batches(lengths, {.batch_size = 0, .pool_batches = 1, .seed = 0, .epoch = 0}),
               UsageError);
}

}  // namespace
}  // namespace transkimmer
