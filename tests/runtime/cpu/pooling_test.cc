#include "runtime/cpu/pooling.h"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

constexpr std::size_t kHidden = 5;

struct Texts {
  Texts() {
    std::mt19937 random(3);
    for (const std::size_t length : {7, 1, 12}) {
      const std::vector<std::int32_t> ids(length, 5);
      batch.add(ids);
    }
    std::normal_distribution<float> normal;
    for (std::size_t i = 0; i < batch.tokens() * kHidden; ++i) states.push_back(normal(random));
  }

  RaggedBatch batch;
  std::vector<float> states;
};

/// By the definition, in double.
double pooled(Pooling mode, const Texts& texts, std::size_t sequence, std::size_t column) {
  const std::size_t begin = texts.batch.starts[sequence], end = texts.batch.starts[sequence + 1];
  const auto state = [&](std::size_t t) { return static_cast<double>(texts.states[t * kHidden + column]); };
  const auto length = static_cast<double>(end - begin);
  double sum = 0, weighted = 0, weights = 0, largest = -INFINITY;
  for (std::size_t t = begin; t < end; ++t) {
    const auto place = static_cast<double>(t - begin + 1);
    sum += state(t);
    weighted += place * state(t);
    weights += place;
    largest = std::max(largest, state(t));
  }
  switch (mode) {
    case Pooling::first:
      return state(begin);
    case Pooling::mean:
      return sum / length;
    case Pooling::max:
      return largest;
    case Pooling::mean_sqrt_length:
      return sum / std::sqrt(length);
    case Pooling::weighted_mean:
      return weighted / weights;
    case Pooling::last:
      return state(end - 1);
  }
  return 0;
}

TEST(Pooling, OfEachModeIsAsDefinedAndStandsBesideTheOthers) {
  const Texts texts;
  const std::vector<Pooling> modes = {Pooling::first,         Pooling::max,
                                      Pooling::mean,          Pooling::mean_sqrt_length,
                                      Pooling::weighted_mean, Pooling::last};
  for (const int threads : {1, 3}) {
    const ThreadPool pool(threads);
    const std::vector<float> found = pool_states(modes, texts.batch, texts.states.data(), kHidden, pool);
    ASSERT_EQ(found.size(), 3 * modes.size() * kHidden);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t m = 0; m < modes.size(); ++m)
        for (std::size_t k = 0; k < kHidden; ++k)
          EXPECT_NEAR(found[(i * modes.size() + m) * kHidden + k], pooled(modes[m], texts, i, k), 1e-5)
              << "sequence " << i << ", mode " << m;
  }
}

TEST(Pooling, RowsOfLengthOneStayAndZeroStaysZero) {
  std::vector<float> rows = {3, 4, 0, 0, 0.6F, 0.8F};
  normalize_rows_to_length_1(rows, 2);
  const std::vector<float> expected = {0.6F, 0.8F, 0, 0, 0.6F, 0.8F};
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(rows[i], expected[i], 1e-7);
}

}  // namespace
}  // namespace transkimmer
