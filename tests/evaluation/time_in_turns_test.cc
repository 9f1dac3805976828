#include "evaluation/time_in_turns.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

EncodedDataset sequences(std::size_t count, std::size_t length) {
  EncodedDataset data;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t t = 0; t < length; ++t) data.ids.push_back(static_cast<std::int32_t>(5 + (i + t) % 60));
    data.starts.push_back(data.ids.size());
    data.labels.push_back(0);
  }
  data.type_ids.assign(data.ids.size(), 0);
  return data;
}

class TimeInTurns : public testing::Test {
 protected:
  TimeInTurns() { test::write_tiny_model(directory_.path()); }
  Engine load() const { return Engine::load(directory_.path(), {.threads = 1}); }

  test::TemporaryDirectory directory_;
};

TEST_F(TimeInTurns, EveryRunDoesAllOfItsDataInEveryRound) {
  const Engine engine = load();
  const Engine other = engine.at_threshold(1000);
  const EncodedDataset many = sequences(21, 8);
  const EncodedDataset few = sequences(3, 5);  // fewer batches than stretches
  const std::vector<TimedRun> runs = {{&engine, &many, {}}, {&other, &few, {}}};
  TurnOptions options{.rounds = 2, .batch_sequences = 2};
  std::vector<std::size_t> done(2);
  options.progress = [&](std::size_t run, std::size_t count) {
    EXPECT_LE(count, 2U);
    done[run] += count;
  };
  const auto seconds = time_in_turns(runs, options);
  EXPECT_EQ(done, (std::vector<std::size_t>{42, 6}));
  ASSERT_EQ(seconds.size(), 2U);
  for (const auto& rounds : seconds) {
    ASSERT_EQ(rounds.size(), 2U);
    for (const double one : rounds) EXPECT_GT(one, 0);
  }
}

TEST_F(TimeInTurns, RunsTakeTurnsAndTheOneThatBeginsChanges) {
  const Engine engine = load();
  const EncodedDataset data = sequences(64, 4);
  const std::vector<TimedRun> runs = {{&engine, &data, {}}, {&engine, &data, {}}, {&engine, &data, {}}};
  std::vector<std::size_t> order;
  TurnOptions options{.rounds = 1, .batch_sequences = 8};
  options.progress = [&](std::size_t run, std::size_t) { order.push_back(run); };
  time_in_turns(runs, options);
  ASSERT_EQ(order.size(), 24U);
  EXPECT_EQ(std::vector(order.begin(), order.begin() + 9),
            (std::vector<std::size_t>{0, 1, 2, 1, 2, 0, 2, 0, 1}));
}

TEST_F(TimeInTurns, TheOneThatBeginsChangesWithTheRoundToo) {
  const Engine engine = load();
  const EncodedDataset data = sequences(1, 4);  // one batch: the same stretch of every round
  const std::vector<TimedRun> runs(8, {&engine, &data, {}});
  std::vector<std::size_t> first;
  TurnOptions options{.rounds = 8};
  std::size_t calls = 0;
  options.progress = [&](std::size_t run, std::size_t) {
    if (calls++ % 8 == 0) first.push_back(run);
  };
  time_in_turns(runs, options);
  std::ranges::sort(first);
  EXPECT_EQ(first, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(TimeInTurns, RefusesWhatCannotBeTimed) {
  const Engine engine = load();
  const EncodedDataset data = sequences(2, 4);
  const EncodedDataset nothing;
  const std::vector<TimedRun> runs = {{&engine, &data, {}}};
  const std::vector<TimedRun> empty = {{&engine, &nothing, {}}};
  EXPECT_THROW(time_in_turns(empty, {}), UsageError);
  EXPECT_THROW(time_in_turns(runs, {.rounds = 0}), UsageError);
  EXPECT_THROW(time_in_turns(runs, {.batch_tokens = 0}), UsageError);
  EXPECT_THROW(time_in_turns(runs, {.batch_sequences = 0}), UsageError);
}

}  // namespace
}  // namespace transkimmer
