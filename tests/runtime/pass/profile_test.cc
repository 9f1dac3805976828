#include "runtime/pass/profile.h"

#include <initializer_list>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "model/cost.h"
#include "runtime/engine.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer {
namespace {

RaggedBatch batch_of(std::initializer_list<std::size_t> lengths) {
  RaggedBatch batch;
  for (const std::size_t length : lengths) batch.add(std::vector<std::int32_t>(length, 7));
  return batch;
}

std::uint64_t all_macs(const Profile& profile) {
  return std::accumulate(profile.operations.totals.begin(), profile.operations.totals.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const OperationTotals& one) { return sum + one.macs; });
}

/// Question answering reads every token, so that the last layer is computed as the formula counts it.
class ProfileOf : public testing::TestWithParam<int> {
 protected:
  Engine load(bool skimming) const {
    test::TinyModel model;
    model.head = HeadKind::question_answering;
    model.hidden_size = 64;
    model.intermediate_size = 256;
    test::write_tiny_model(directory_.path(), model);
    EngineOptions options;
    options.threads = GetParam();
    options.skimming = skimming;
    return Engine::load(directory_.path(), options);
  }

  test::TemporaryDirectory directory_;
};

TEST_P(ProfileOf, CountsTheArithmeticOfTheDenseModel) {
  const Engine engine = load(false);
  for (const auto& lengths : {std::initializer_list<std::size_t>{64, 3, 40, 64, 17, 64, 64}, {5}}) {
    const RaggedBatch batch = batch_of(lengths);
    Macs expected;
    for (const std::size_t length : lengths) expected += dense_cost(engine.spec(), length);
    EXPECT_EQ(all_macs(engine.profile(batch)), expected.count);
  }
}

TEST_P(ProfileOf, CountsThePredictorsOfTokensThatEnter) {
  const Engine engine = load(true);
  const RaggedBatch batch = batch_of({64, 40});
  const KeepDecision keep_half = [](std::size_t, std::size_t token, float) { return token % 2 == 0; };
  const Profile profile = engine.profile(batch, {.keep = keep_half});
  const auto layers = static_cast<std::uint64_t>(engine.config().num_hidden_layers);
  const auto per_token =
      static_cast<std::uint64_t>(engine.config().hidden_size * engine.config().skim.predictor_size);
  EXPECT_EQ(profile.operations.of(Operation::predictors).macs, per_token * (104 + 52 * (layers - 1)));
}

TEST_P(ProfileOf, NoOperationTakesLongerThanAllThreadsHave) {
  const Engine engine = load(true);
  const Profile profile = engine.profile(batch_of({64, 3, 40, 64, 17, 64, 64}));
  EXPECT_EQ(profile.threads, GetParam());
  EXPECT_GT(profile.operations.of(Operation::attention).seconds, 0);
  EXPECT_GT(profile.operations.of(Operation::layer_norm).seconds, 0);
  EXPECT_GE(profile.waiting(), 0);
}

TEST_P(ProfileOf, SeveralPassesAddUp) {
  const Engine engine = load(true);
  const RaggedBatch batch = batch_of({10, 20});
  Profile sum = engine.profile(batch);
  const std::uint64_t once = all_macs(sum);
  sum += engine.profile(batch);
  EXPECT_EQ(all_macs(sum), 2 * once);
  EXPECT_EQ(sum.threads, GetParam());
}

INSTANTIATE_TEST_SUITE_P(Threads, ProfileOf, testing::Values(1, 3));

}  // namespace
}  // namespace transkimmer
