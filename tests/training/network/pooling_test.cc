// Pooling in training is the runtime's.

#include "training/network/pooling.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/cpu/pooling.h"
#include "training/network/model.h"

namespace transkimmer {
namespace {

constexpr std::int64_t kHidden = 6;

/// The same states padded and ragged.
struct Texts {
  explicit Texts(const std::vector<std::int64_t>& lengths) {
    const auto rows = static_cast<std::int64_t>(lengths.size());
    const std::int64_t longest = *std::ranges::max_element(lengths);
    hidden = at::zeros({rows, longest, kHidden});
    real = at::zeros({rows, longest});
    std::mt19937 random(5);
    // Below zero throughout: where padding took part, the largest would be its 0.
    std::normal_distribution<float> normal(-9);
    for (std::int64_t row = 0; row < rows; ++row) {
      const std::int64_t length = lengths[static_cast<std::size_t>(row)];
      batch.add(std::vector<std::int32_t>(static_cast<std::size_t>(length), 5));
      for (std::int64_t t = 0; t < length; ++t) {
        real[row][t] = 1;
        for (std::int64_t k = 0; k < kHidden; ++k) hidden[row][t][k] = states.emplace_back(normal(random));
      }
    }
  }

  Tensor hidden, real;
  RaggedBatch batch;
  std::vector<float> states;
};

TEST(PoolingInTraining, EqualsTheRuntimesInEveryMode) {
  const Texts texts({7, 1, 12, 3});
  const ThreadPool pool(1);
  const std::vector<Pooling> modes = {Pooling::first,         Pooling::mean,
                                      Pooling::max,           Pooling::mean_sqrt_length,
                                      Pooling::weighted_mean, Pooling::last};
  const std::vector<float> expected =
      pool_states(modes, texts.batch, texts.states.data(), static_cast<std::size_t>(kHidden), pool);
  const Tensor found = pool_states(texts.hidden, texts.real, modes).contiguous();
  ASSERT_EQ(found.numel(), static_cast<std::int64_t>(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(found.data_ptr<float>()[i], expected[i], 1e-5) << i;
}

TEST(PoolingInTraining, VectorsOfLengthOneEqualTheRuntimes) {
  std::vector<float> rows = {3, 4, 0, 0, -1e-20F, 0};
  const Tensor found = of_length_1(torch::tensor(rows).view({3, 2})).contiguous();
  normalize_rows_to_length_1(rows, 2);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_NEAR(found.data_ptr<float>()[i], rows[i], 1e-7) << i;
}

}  // namespace
}  // namespace transkimmer
