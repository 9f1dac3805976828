#include "evaluation/spread_thresholds.h"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "evaluation/evaluate.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

EncodedDataset random_data(std::size_t sequences) {
  std::mt19937_64 random(5);
  EncodedDataset data;
  for (std::size_t i = 0; i < sequences; ++i) {
    const std::size_t length = 10 + random() % 50;
    for (std::size_t t = 0; t < length; ++t) data.ids.push_back(static_cast<std::int32_t>(5 + random() % 60));
    data.starts.push_back(data.ids.size());
    data.labels.push_back(0);
  }
  data.type_ids.assign(data.ids.size(), 0);
  return data;
}

class SpreadThresholds : public testing::Test {
 protected:
  SpreadThresholds() { test::write_tiny_model(directory_.path()); }
  Engine load(EngineOptions options = {}) const {
    options.threads = 1;
    return Engine::load(directory_.path(), options);
  }
  static double share(const Engine& engine, const EncodedDataset& data) {
    const Evaluation evaluation = evaluate(engine, nullptr, data, {}, {});
    return static_cast<double>(evaluation.run.macs.count) /
           static_cast<double>(evaluation.dense_unpadded.count);
  }

  test::TemporaryDirectory directory_;
};

TEST_F(SpreadThresholds, BringTheArithmeticOfAllDataNearTheSharesAskedFor) {
  const Engine engine = load();
  const EncodedDataset data = random_data(200);
  const std::vector<double> shares = {0.5, 0.25};
  const auto thresholds = spread_thresholds(engine, data, shares);
  ASSERT_EQ(thresholds.size(), 3U) << "the model's own is neither";
  EXPECT_TRUE(std::ranges::is_sorted(thresholds));
  EXPECT_EQ(std::ranges::count(thresholds, engine.skim_threshold()), 1);
  for (const double wanted : shares) {
    const auto nearest = std::ranges::min(thresholds, {}, [&](double threshold) {
      return std::abs(share(engine.at_threshold(threshold), data) - wanted);
    });
    EXPECT_NEAR(share(engine.at_threshold(nearest), data), wanted, 0.15 * wanted);
  }
}

TEST_F(SpreadThresholds, FindThemFarFromTheModelsOwn) {
  const EncodedDataset data = random_data(50);
  const auto usual = spread_thresholds(load(), data, std::vector{0.5});
  const auto far = spread_thresholds(load({.skim_threshold = 30}), data, std::vector{0.5});
  EXPECT_EQ(far.back(), 30);
  EXPECT_NEAR(far.front(), usual.back(), 0.2) << "the same share, found from the other side";
}

TEST_F(SpreadThresholds, LeaveOutWhatNoThresholdReaches) {
  const Engine engine = load();
  EXPECT_EQ(spread_thresholds(engine, random_data(20), std::vector{0.001}), std::vector{0.0});
  EXPECT_EQ(spread_thresholds(engine, random_data(20), std::vector<double>{}), std::vector{0.0});
}

TEST_F(SpreadThresholds, RefuseAModelThatDoesNotSkim) {
  EXPECT_THROW(spread_thresholds(load({.skimming = false}), random_data(2), {}), UsageError);
  EXPECT_THROW(spread_thresholds(load(), {}, {}), UsageError);
}

}  // namespace
}  // namespace transkimmer
