#include "features/corpora/packed_blocks.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using Ids = std::vector<std::int32_t>;

constexpr std::int32_t kSeparator = 3;

/// Documents of 1, 2, 3, ... tokens; the tokens count up from 100.
TokenFile five_documents(const std::filesystem::path& path) {
  write_file_atomically(path, [](std::ostream& out) {
    TokenFileWriter writer(out, {.tokenizer = 1, .vocabulary_size = 1000, .text_bytes = 1});
    std::int32_t next = 100;
    for (std::size_t length = 1; length <= 5; ++length) {
      Ids document(length);
      std::iota(document.begin(), document.end(), next);
      next += static_cast<std::int32_t>(length);
      writer.add(document);
    }
    writer.finish();
  });
  return TokenFile::open(path);
}

class DocumentStreamTest : public ::testing::Test {
 protected:
  TemporaryDirectory directory_;
  TokenFile file_ = five_documents(directory_ / "some.tokens");
};

TEST_F(DocumentStreamTest, FollowsTheOrderWithASeparatorAfterEachDocument) {
  const DocumentStream stream(file_, {2, 0, 3}, kSeparator);
  const Ids expected = {103, 104, 105, 3, 100, 3, 106, 107, 108, 109, 3};
  ASSERT_EQ(stream.size(), expected.size());
  for (std::size_t begin = 0; begin < expected.size(); ++begin) {
    for (std::size_t end = begin; end <= expected.size(); ++end) {
      Ids found(end - begin);
      stream.copy(begin, found);
      EXPECT_TRUE(
          std::equal(found.begin(), found.end(), expected.begin() + static_cast<std::ptrdiff_t>(begin)))
          << begin << " to " << end;
    }
  }
}

TEST_F(DocumentStreamTest, RefusesDocumentsThatAreNotThere) {
  EXPECT_THROW(DocumentStream(file_, {5}, kSeparator), UsageError);
}

struct Part {
  std::uint64_t begin, end;
};

std::vector<Part> parts_of(const BlockPlan::Order& order, std::size_t batches) {
  std::vector<Part> parts;
  for (std::size_t i = 0; i < batches; ++i) {
    const BlockBatch batch = order.batch(i);
    for (const std::uint64_t begin : batch.begins) parts.push_back({begin, begin + batch.length - 2});
  }
  return parts;
}

TEST(BlockPlan, CoversTheStreamOnceWhateverTheOrder) {
  const BlockPlan plan(100'000, {.max_length = 18, .long_length = 66, .long_fraction = 0.25}, 8);
  for (const auto& order : {plan.in_order(), plan.shuffled(1), plan.shuffled(2)}) {
    std::vector<Part> parts = parts_of(order, plan.batches());
    ASSERT_EQ(parts.size(), plan.sequences());
    std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });
    EXPECT_EQ(parts.front().begin, 0U);
    for (std::size_t i = 1; i < parts.size(); ++i) EXPECT_EQ(parts[i].begin, parts[i - 1].end);
    EXPECT_LE(parts.back().end, 100'000U);
    EXPECT_GT(parts.back().end, 100'000U - 16) << "less than a sequence is left out";
  }
}

TEST(BlockPlan, GivesLongSequencesTheirShareOfTheTokens) {
  const BlockPlan plan(1'000'000, {.max_length = 128, .long_length = 512, .long_fraction = 0.125}, 32);
  double tokens = 0, in_long = 0;
  const auto order = plan.shuffled(7);
  for (std::size_t i = 0; i < plan.batches(); ++i) {
    const BlockBatch batch = order.batch(i);
    ASSERT_TRUE(batch.length == 128 || batch.length == 512);
    EXPECT_LE(batch.begins.size() * batch.length, 32U * 128U);
    const auto size = static_cast<double>(batch.begins.size() * batch.length);
    tokens += size;
    in_long += batch.length == 512 ? size : 0;
  }
  EXPECT_EQ(tokens, static_cast<double>(plan.tokens()));
  EXPECT_NEAR(in_long / tokens, 0.125, 0.002);
}

TEST(BlockPlan, ShufflesBySeed) {
  const BlockPlan plan(10'000, {.max_length = 12, .long_length = 42, .long_fraction = 0.2}, 4);
  const auto begins = [&](std::uint64_t seed) {
    std::vector<std::uint64_t> all;
    for (const Part& part : parts_of(plan.shuffled(seed), plan.batches())) all.push_back(part.begin);
    return all;
  };
  EXPECT_EQ(begins(1), begins(1));
  EXPECT_NE(begins(1), begins(2));
  EXPECT_FALSE(std::is_sorted(begins(1).begin(), begins(1).end()));
}

TEST(BlockPlan, WithoutLongSequencesThereIsOneLength) {
  const BlockPlan plan(1000, {.max_length = 12, .long_length = 42, .long_fraction = 0}, 3);
  EXPECT_EQ(plan.sequences(), 100U);
  EXPECT_EQ(plan.batches(), 34U) << "the last batch is smaller";
  EXPECT_EQ(plan.in_order().batch(33).begins.size(), 1U);
}

TEST(BlockPlan, RefusesWhatCannotWork) {
  EXPECT_THROW(BlockPlan(9, {.max_length = 12, .long_fraction = 0}, 1), UsageError);
  EXPECT_THROW(BlockPlan(1000, {.max_length = 2}, 1), UsageError);
  EXPECT_THROW(BlockPlan(1000, {.max_length = 12}, 0), UsageError);
  EXPECT_THROW(BlockPlan(1000, {.max_length = 12, .long_length = 11}, 1), UsageError);
  EXPECT_THROW(BlockPlan(1000, {.max_length = 12, .long_length = 20, .long_fraction = 1.5}, 1), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
