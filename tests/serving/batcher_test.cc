// What sequences get that many threads run in common passes.

#include "serving/batcher.h"

#include <algorithm>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "serving/loaded_model.h"
#include "serving/texts.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

class BatcherOf : public testing::TestWithParam<HeadKind> {
 protected:
  BatcherOf() {
    TinyModel tiny;
    tiny.head = GetParam();
    tiny.labels = {"bad", "so-so", "good"};
    write_tiny_model(directory_.path(), tiny);
    model_.emplace(Model::load(directory_.path(), {.threads = 1}));
  }

  const Engine& engine() const { return model_->loaded().engine; }

  BatchItem item(std::string_view text) const {
    const Encoding encoding = model_->loaded().tokenizer->encode(text, {.max_length = 64});
    return {.ids = encoding.ids, .type_ids = encoding.type_ids};
  }

  std::vector<BatchItem> items(std::size_t count, std::uint64_t seed) const {
    std::vector<BatchItem> all;
    for (const std::string& text : random_texts(count, seed)) all.push_back(item(text));
    return all;
  }

  /// What the engine says of the sequence alone.
  BatchResult alone(const BatchItem& of) const {
    RaggedBatch batch;
    batch.add(of.ids, of.type_ids, of.never_skimmed);
    if (of.skim_threshold) batch.skim_thresholds = {*of.skim_threshold};
    return engine().run(batch);
  }

  void expect_as_alone(const BatchedResult& result, const BatchItem& of) const {
    const BatchResult expected = alone(of);
    EXPECT_EQ(result.skimmed_at, expected.skimmed_at);
    EXPECT_EQ(result.kept, expected.kept);
    ASSERT_EQ(result.logits.size(), expected.logits.size());
    for (std::size_t k = 0; k < expected.logits.size(); ++k)
      EXPECT_NEAR(result.logits[k], expected.logits[k], 1e-5) << k;
  }

  TemporaryDirectory directory_;
  std::optional<Model> model_;
};

INSTANTIATE_TEST_SUITE_P(Heads, BatcherOf,
                         testing::Values(HeadKind::classification, HeadKind::question_answering,
                                         HeadKind::token_classification),
                         [](const auto& of) {
                           std::string name(name_of(of.param));
                           std::erase(name, ' ');
                           return name;
                         });

TEST_P(BatcherOf, EverySequenceGetsWhatItGetsAlone) {
  std::mutex mutex;
  std::size_t largest_pass = 0;
  Batcher batcher(*model_, {.max_batch_tokens = 200, .on_pass = [&](const PassReport& pass) {
                              const std::lock_guard lock(mutex);
                              largest_pass = std::max(largest_pass, pass.sequences);
                            }});
  std::vector<std::thread> clients;
  for (std::uint64_t client = 0; client < 4; ++client)
    clients.emplace_back([&, client] {
      const std::vector<BatchItem> mine = items(12, client);
      std::vector<std::future<BatchedResult>> results;
      for (const BatchItem& each : mine) results.push_back(batcher.submit(each, client));
      for (std::size_t i = 0; i < mine.size(); ++i) expect_as_alone(results[i].get(), mine[i]);
    });
  for (std::thread& client : clients) client.join();
  EXPECT_GT(largest_pass, 1U) << "tests that compare passes with single runs need passes of several";
}

TEST_P(BatcherOf, ThresholdsAreOfEachSequenceAlone) {
  Batcher batcher(*model_, {});
  std::vector<BatchItem> mine = items(20, 3);
  const double infinity = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < mine.size(); ++i)
    if (i % 4 != 0) mine[i].skim_threshold = i % 4 == 1 ? -infinity : i % 4 == 2 ? 0.5 : -0.5;
  std::promise<std::vector<BatchedResult>> promise;
  batcher.submit({.items = mine}, [&](std::exception_ptr, std::vector<BatchedResult> results) {
    promise.set_value(std::move(results));
  });
  const std::vector<BatchedResult> results = promise.get_future().get();
  ASSERT_EQ(results.size(), mine.size());
  for (std::size_t i = 0; i < mine.size(); ++i) expect_as_alone(results[i], mine[i]);
  EXPECT_EQ(results[1].kept.back(), mine[1].ids.size()) << "minus infinity keeps all";
}

class BatcherTest : public BatcherOf {
 protected:
  /// Something that runs for a while, so that what is submitted meanwhile waits: it ends with `release`.
  void block(Batcher& batcher) {
    std::promise<void> begun;
    batcher.submit({.items = {item("a")}, .client = 99},
                   [&begun, this](std::exception_ptr, const std::vector<BatchedResult>&) {
                     begun.set_value();
                     released_.get_future().wait();
                   });
    begun.get_future().wait();
  }
  void release() { released_.set_value(); }

  std::promise<void> released_;
};

INSTANTIATE_TEST_SUITE_P(Classifier, BatcherTest, testing::Values(HeadKind::classification),
                         [](const auto&) { return "Tiny"; });

TEST_P(BatcherTest, PassesHoldWhatTheBudgetAllows) {
  std::vector<PassReport> passes;
  {
    const Model dense = Model::load(directory_.path(), {.threads = 1, .skimming = false});
    Batcher batcher(dense, {.max_batch_tokens = 20,
                            .max_batch_requests = 3,
                            .on_pass = [&](const PassReport& pass) { passes.push_back(pass); }});
    block(batcher);
    BatchItem eight = item("a a a a a a"), three = item("a"), forty = item(random_texts(1, 2)[0]);
    forty.ids.resize(40, eight.ids[1]);
    forty.type_ids.resize(40);
    ASSERT_EQ(eight.ids.size(), 8U);
    batcher.submit({.items = {eight, eight, eight, three, three, three, forty, three}},
                   [](const std::exception_ptr&, const std::vector<BatchedResult>&) {});
    release();
  }
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (const PassReport& pass : passes) found.emplace_back(pass.sequences, pass.tokens);
  // Two of eight tokens; then three sequences; then what is left before the long one, which is alone.
  const std::vector<std::pair<std::size_t, std::size_t>> expected = {{1, 3}, {2, 16}, {3, 14},
                                                                     {1, 3}, {1, 40}, {1, 3}};
  EXPECT_EQ(found, expected);
}

TEST_P(BatcherTest, PassesOfAModelThatSkimsArePlannedByWhatIsLeft) {
  std::vector<std::size_t> passes;
  {
    // Nothing but first tokens is left, one of eight; memory is for four times the budget.
    const Model skimmed = Model::load(directory_.path(), {.threads = 1, .skim_threshold = 1e9});
    Batcher batcher(skimmed, {.max_batch_tokens = 32,
                              .on_pass = [&](const PassReport& pass) { passes.push_back(pass.sequences); }});
    block(batcher);
    const BatchItem eight = item("a a a a a a");
    ASSERT_EQ(eight.ids.size(), 8U);
    batcher.submit({.items = std::vector(200, eight)},
                   [](const std::exception_ptr&, const std::vector<BatchedResult>&) {});
    release();
  }
  EXPECT_LT(passes[1], 8U) << "little is known of the model at first";
  EXPECT_EQ(*std::ranges::max_element(passes), 16U);
}

TEST_P(BatcherTest, APassWaitsForMoreOnlyWhereItIsTold) {
  std::vector<std::size_t> passes;
  {
    const Model dense = Model::load(directory_.path(), {.threads = 1, .skimming = false});
    Batcher batcher(dense, {.max_batch_tokens = 24,
                            .max_wait = std::chrono::hours(1),
                            .on_pass = [&](const PassReport& pass) { passes.push_back(pass.sequences); }});
    const BatchItem eight = item("a a a a a a");
    std::future<BatchedResult> first = batcher.submit(eight);
    EXPECT_EQ(first.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
    batcher.submit(eight);
    batcher.submit(eight);
    EXPECT_EQ(first.get().kept.back(), eight.ids.size());
    batcher.submit(eight);  // draining waits for nobody
  }
  EXPECT_EQ(passes, (std::vector<std::size_t>{3, 1}));
  Batcher batcher(*model_, {.max_wait = std::chrono::milliseconds(1)});
  const BatchItem one = item("a good film");
  expect_as_alone(batcher.submit(one).get(), one);
}

TEST_P(BatcherTest, WhatWaitedTooLongIsNotRun) {
  std::size_t sequences = 0;
  std::exception_ptr late, in_time;
  {
    Batcher batcher(*model_, {.on_pass = [&](const PassReport& pass) { sequences += pass.sequences; }});
    block(batcher);
    const auto now = std::chrono::steady_clock::now();
    batcher.submit({.items = items(5, 1), .client = 1, .deadline = now},
                   [&](std::exception_ptr thrown, const std::vector<BatchedResult>&) { late = thrown; });
    batcher.submit({.items = items(2, 2), .client = 1, .deadline = now + std::chrono::hours(1)},
                   [&](std::exception_ptr thrown, const std::vector<BatchedResult>&) { in_time = thrown; });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    release();
  }
  EXPECT_EQ(sequences, 3U);
  EXPECT_FALSE(in_time);
  ASSERT_TRUE(late);
  EXPECT_THROW(std::rethrow_exception(late), DeadlineError);
}

TEST_P(BatcherTest, OneClientWithManySequencesDoesNotDelayAnother) {
  std::size_t passes = 0, passes_of_single = 0;
  {
    Batcher batcher(*model_, {.max_batch_tokens = 30, .on_pass = [&](const PassReport&) { ++passes; }});
    block(batcher);
    batcher.submit({.items = items(200, 1), .client = 1},
                   [](const std::exception_ptr&, const std::vector<BatchedResult>&) {});
    batcher.submit(
        {.items = {item("a good film")}, .client = 2},
        [&](const std::exception_ptr&, const std::vector<BatchedResult>&) { passes_of_single = passes; });
    passes = 0;
    release();
  }
  EXPECT_LE(passes_of_single, 2U);
  EXPECT_GT(passes, 50U);
}

TEST_P(BatcherTest, ASequenceThatTheEngineRefusesFailsAlone) {
  Batcher batcher(*model_, {});
  block(batcher);
  BatchItem bad = item("a film");
  bad.ids[1] = 1 << 20;
  const BatchItem good = item("a good film");
  std::future<BatchedResult> first = batcher.submit(good), second = batcher.submit(bad),
                             third = batcher.submit(good);
  release();
  expect_as_alone(first.get(), good);
  EXPECT_THROW(second.get(), UsageError);
  expect_as_alone(third.get(), good);
}

TEST_P(BatcherTest, WhatIsCancelledIsNotRun) {
  std::size_t sequences = 0;
  std::exception_ptr error;
  {
    Batcher batcher(*model_, {.on_pass = [&](const PassReport& pass) { sequences += pass.sequences; }});
    block(batcher);
    const auto gone = std::make_shared<std::atomic<bool>>(false);
    batcher.submit({.items = items(50, 1), .client = 1, .cancelled = gone},
                   [&](std::exception_ptr thrown, const std::vector<BatchedResult>&) { error = thrown; });
    gone->store(true);
    release();
  }
  EXPECT_EQ(sequences, 1U);
  ASSERT_TRUE(error);
  EXPECT_THROW(std::rethrow_exception(error), CancelledError);
}

TEST_P(BatcherTest, DrainingAnswersWhatWasTakenAndTakesNoMore) {
  Batcher batcher(*model_, {.max_batch_tokens = 30});
  block(batcher);
  const std::vector<BatchItem> mine = items(20, 4);
  std::vector<std::future<BatchedResult>> results;
  for (const BatchItem& each : mine) results.push_back(batcher.submit(each));
  EXPECT_EQ(batcher.waiting(), 20U);
  release();
  batcher.drain();
  for (std::size_t i = 0; i < mine.size(); ++i) {
    ASSERT_EQ(results[i].wait_for(std::chrono::seconds(0)), std::future_status::ready);
    expect_as_alone(results[i].get(), mine[i]);
  }
  EXPECT_THROW(batcher.submit(mine[0]), ShutDownError);
}

TEST_P(BatcherTest, AdmitsNoMoreInputsThanAllowed) {
  Batcher batcher(*model_, {.max_concurrent_requests = 3});
  Batcher::Admission two = batcher.admit(2);
  EXPECT_TRUE(two);
  EXPECT_FALSE(batcher.admit(2));
  Batcher::Admission one = batcher.admit(1);
  EXPECT_TRUE(one);
  EXPECT_FALSE(batcher.admit(1));
  two.reset();
  EXPECT_TRUE(batcher.admit(2));
  EXPECT_EQ(batcher.admitted(), 1U);
  EXPECT_FALSE(batcher.admit(SIZE_MAX));
}

TEST_P(BatcherTest, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(Batcher(*model_, {.max_batch_tokens = 0}), UsageError);
  EXPECT_THROW(Batcher(*model_, {.max_batch_requests = 0}), UsageError);
  EXPECT_THROW(Batcher(*model_, {.max_concurrent_requests = 0}), UsageError);
  Batcher batcher(*model_, {});
  EXPECT_THROW(batcher.submit(BatchRequest{}, {}), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
