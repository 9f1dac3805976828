#include "runtime/engine.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/architectures.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;
using test::TinyModel;
using test::write_tiny_model;

/// Sequences of many lengths, single tokens and the longest possible among them.
RaggedBatch random_batch(const ModelConfig& config, std::size_t sequences, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  RaggedBatch batch;
  for (std::size_t i = 0; i < sequences; ++i) {
    const auto longest = static_cast<std::uint64_t>(config.max_tokens());
    const std::size_t length = i == 0 ? longest : i == 1 ? 1 : 1 + random() % longest;
    std::vector<std::int32_t> ids(length), types(length);
    for (auto& id : ids)
      id = static_cast<std::int32_t>(5 + random() % static_cast<std::uint64_t>(config.vocab_size - 5));
    for (auto& type : types)
      type = static_cast<std::int32_t>(
          random() % static_cast<std::uint64_t>(std::max<std::int64_t>(config.type_vocab_size, 1)));
    batch.add(ids, types);
  }
  return batch;
}

RaggedBatch only(const RaggedBatch& batch, std::size_t i) {
  RaggedBatch one;
  one.add(std::span(batch.ids).subspan(batch.starts[i], batch.starts[i + 1] - batch.starts[i]),
          std::span(batch.type_ids).subspan(batch.starts[i], batch.starts[i + 1] - batch.starts[i]));
  return one;
}

void expect_near(const BatchResult& left, const BatchResult& right) {
  ASSERT_EQ(left.logits.size(), right.logits.size());
  for (std::size_t i = 0; i < left.logits.size(); ++i)
    EXPECT_NEAR(left.logits[i], right.logits[i], 1e-4) << i;
  EXPECT_EQ(left.skimmed_at, right.skimmed_at);
  EXPECT_EQ(left.kept, right.kept);
}

TinyModel model_of(const std::string& architecture, HeadKind head, std::int64_t predictor_size) {
  TinyModel model;
  model.architecture = architecture;
  model.head = head;
  model.predictor_size = predictor_size;
  if (head == HeadKind::regression) model.labels = {"LABEL_0"};
  return model;
}

using Variant = std::tuple<std::string, HeadKind, std::int64_t>;

class EngineVariant : public testing::TestWithParam<Variant> {
 protected:
  EngineVariant()
      : config(write_tiny_model(directory.path(), std::apply(model_of, GetParam()))),
        batch(random_batch(config, 32, 7)) {}

  Engine load(int threads, bool skimming = true) const {
    EngineOptions options;
    options.threads = threads;
    options.skimming = skimming;
    return Engine::load(directory.path(), options);
  }

  TemporaryDirectory directory;
  ModelConfig config;
  RaggedBatch batch;
};

TEST_P(EngineVariant, ABatchEqualsItsSequencesRunAlone) {
  const Engine engine = load(2);
  const BatchResult together = engine.run(batch);
  const std::size_t width =
      together.logits.size() / (config.spec().head.reads == Reads::each ? batch.tokens() : 32);
  for (std::size_t i = 0; i < batch.sequences(); ++i) {
    const BatchResult alone = engine.run(only(batch, i));
    const std::size_t first = (config.spec().head.reads == Reads::each ? batch.starts[i] : i) * width;
    for (std::size_t k = 0; k < alone.logits.size(); ++k)
      ASSERT_NEAR(alone.logits[k], together.logits[first + k], 1e-4) << "sequence " << i;
    for (std::size_t t = 0; t < alone.skimmed_at.size(); ++t)
      ASSERT_EQ(alone.skimmed_at[t], together.skimmed_at[batch.starts[i] + t]);
    for (std::size_t layer = 0; layer < alone.kept.size(); ++layer)
      ASSERT_EQ(alone.kept[layer], together.kept[layer * batch.sequences() + i]);
  }
}

TEST_P(EngineVariant, OneThreadEqualsSeveral) {
  const BatchResult alone = load(1).run(batch);
  expect_near(alone, load(2).run(batch));
  expect_near(alone, load(5).run(batch));
}

TEST_P(EngineVariant, CallsFromSeveralThreadsAtOnceGiveTheSameResults) {
  const Engine engine = load(2);
  const BatchResult expected = engine.run(batch);
  std::vector<BatchResult> results(6);
  {
    std::vector<std::jthread> callers;
    for (BatchResult& result : results)
      callers.emplace_back([&] {
        for (int round = 0; round < 5; ++round) result = engine.run(batch);
      });
  }
  for (const BatchResult& result : results) expect_near(expected, result);
}

TEST_P(EngineVariant, RunsDenseWithoutBeingLoadedAgain) {
  const Engine engine = load(2);
  const Engine dense = engine.without_skimming();
  EXPECT_FALSE(dense.skimming());
  expect_near(dense.run(batch), load(2, false).run(batch));
  expect_near(engine.run(batch), load(2).run(batch));
}

TEST_P(EngineVariant, SequencesOfABatchMayHaveThresholdsOfTheirOwn) {
  const Engine engine = load(2);
  RaggedBatch mixed = batch;
  const std::vector<double> thresholds = {-INFINITY, -1, 0, 0.5, 1e9};
  for (std::size_t i = 0; i < batch.sequences(); ++i)
    mixed.skim_thresholds.push_back(thresholds[i % thresholds.size()]);
  const BatchResult together = engine.run(mixed);
  const bool each = config.spec().head.reads == Reads::each;
  const std::size_t width = together.logits.size() / (each ? batch.tokens() : batch.sequences());
  for (std::size_t i = 0; i < batch.sequences(); ++i) {
    const BatchResult alone = engine.at_threshold(mixed.skim_thresholds[i]).run(only(batch, i));
    const std::size_t first = (each ? batch.starts[i] : i) * width;
    for (std::size_t k = 0; k < alone.logits.size(); ++k)
      ASSERT_NEAR(alone.logits[k], together.logits[first + k], 1e-4) << "sequence " << i;
    for (std::size_t layer = 0; layer < alone.kept.size(); ++layer)
      ASSERT_EQ(alone.kept[layer], together.kept[layer * batch.sequences() + i]) << "sequence " << i;
  }
}

TEST_P(EngineVariant, KeepsEveryTokenWhenRunDense) {
  const BatchResult dense = load(2, false).run(batch);
  for (const std::uint16_t layer : dense.skimmed_at) EXPECT_EQ(layer, config.num_hidden_layers);
  for (std::size_t i = 0; i < dense.kept.size(); ++i)
    EXPECT_EQ(dense.kept[i], batch.starts[i % 32 + 1] - batch.starts[i % 32]);
}

TEST_P(EngineVariant, CountsAsKeptWhatItDidNotSkim) {
  const BatchResult result = load(2).run(batch);
  const auto layers = static_cast<std::size_t>(config.num_hidden_layers);
  std::size_t skimmed = 0;
  for (std::size_t layer = 0; layer < layers; ++layer)
    for (std::size_t i = 0; i < batch.sequences(); ++i) {
      std::uint32_t kept = 0;
      for (std::uint32_t t = batch.starts[i]; t < batch.starts[i + 1]; ++t)
        kept += result.skimmed_at[t] > layer;
      EXPECT_EQ(result.kept[layer * batch.sequences() + i], kept);
      EXPECT_GT(result.skimmed_at[batch.starts[i]], layer) << "the first token is protected";
    }
  for (const std::uint16_t layer : result.skimmed_at) skimmed += layer < layers;
  EXPECT_EQ(skimmed > 0, config.skim.enabled) << "a test of skimming must skim something";
}

INSTANTIATE_TEST_SUITE_P(Models, EngineVariant,
                         testing::Combine(testing::ValuesIn(test::every_architecture()),
                                          testing::Values(HeadKind::classification, HeadKind::regression,
                                                          HeadKind::question_answering,
                                                          HeadKind::token_classification),
                                          testing::Values(0, 16, 32)),
                         [](const auto& variant) {
                           return test::in_test_name(std::get<0>(variant.param)) + "_head" +
                                  std::to_string(static_cast<int>(std::get<1>(variant.param))) +
                                  "_predictor" + std::to_string(std::get<2>(variant.param));
                         });

TEST(Engine, SkimsMoreTheHigherTheThreshold) {
  const TemporaryDirectory directory;
  const ModelConfig config = write_tiny_model(directory.path());
  const RaggedBatch batch = random_batch(config, 16, 3);
  std::uint64_t previous = UINT64_MAX;
  for (const double threshold : {-1e9, -1.0, 0.0, 1.0, 1e9}) {
    EngineOptions options;
    options.skim_threshold = threshold;
    const BatchResult result = Engine::load(directory.path(), options).run(batch);
    const auto kept = std::accumulate(result.kept.begin(), result.kept.end(), std::uint64_t{0});
    EXPECT_LE(kept, previous);
    if (threshold == -1e9) {
      EXPECT_EQ(kept, 3 * batch.tokens());
    } else if (threshold == 1e9) {
      EXPECT_EQ(kept, 3 * batch.sequences());
    }
    previous = kept;
  }
}

TEST(Engine, AtAnotherThresholdIsTheModelLoadedWithIt) {
  const TemporaryDirectory directory;
  const ModelConfig config = write_tiny_model(directory.path());
  const RaggedBatch batch = random_batch(config, 16, 3);
  const Engine engine = Engine::load(directory.path(), {});
  const BatchResult before = engine.run(batch);
  for (const double threshold : {-1.0, 0.5, 1e9}) {
    const Engine other = engine.at_threshold(threshold);
    EXPECT_EQ(other.skim_threshold(), threshold);
    expect_near(other.run(batch), Engine::load(directory.path(), {.skim_threshold = threshold}).run(batch));
  }
  expect_near(engine.run(batch), before);
  EXPECT_THROW(engine.at_threshold(std::numeric_limits<double>::quiet_NaN()), UsageError);
}

TEST(Engine, AnotherThresholdOutlivesTheEngineItCameFrom) {
  const TemporaryDirectory directory;
  const ModelConfig config = write_tiny_model(directory.path());
  const RaggedBatch batch = random_batch(config, 4, 3);
  const Engine other = Engine::load(directory.path(), {}).at_threshold(1e9);
  EXPECT_EQ(other.run(batch).kept.front(), 1U);
}

TEST(Engine, RunsAnEmptyBatch) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  EXPECT_TRUE(Engine::load(directory.path(), {}).run({}).logits.empty());
}

TEST(Engine, TellsWhenRemovalDiffersFromTraining) {
  const TemporaryDirectory directory;
  TinyModel model;
  model.semantics = SkimSemantics::original;
  write_tiny_model(directory.path(), model);
  std::vector<std::string> notices;
  Engine::load(directory.path(), {}, [&](const std::string& notice) { notices.push_back(notice); });
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices.front(), testing::HasSubstr("removing skimmed tokens computes something else"));
}

struct BadBatch {
  std::string name;
  std::vector<std::int32_t> ids, types;
  std::string message;
};

class EngineRefuses : public testing::TestWithParam<BadBatch> {};

TEST_P(EngineRefuses, ABatchItCannotRun) {
  const TemporaryDirectory directory;
  TinyModel model;
  model.max_tokens = 8;
  const ModelConfig config = write_tiny_model(directory.path(), model);
  RaggedBatch batch;
  batch.add(std::vector<std::int32_t>{2, 3}, std::vector<std::int32_t>{0, 0});
  batch.add(GetParam().ids, GetParam().types);
  std::string expected = GetParam().message;
  if (const auto at = expected.find("LAST"); at != std::string::npos)
    expected.replace(at, 4, std::to_string(config.vocab_size - 1));
  try {
    Engine::load(directory.path(), {}).run(batch);
    FAIL() << "accepted";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.what(), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Batches, EngineRefuses,
    testing::Values(
        BadBatch{"empty", {}, {}, "sequence 1 is empty"},
        BadBatch{"long", std::vector<std::int32_t>(9, 3), std::vector<std::int32_t>(9, 0),
                 "sequence 1 has 9 tokens, the model takes at most 8"},
        BadBatch{"negative", {3, -1}, {0, 0}, "sequence 1 has token id -1, expected 0 to LAST"},
        BadBatch{"beyond", {3, 1 << 20}, {0, 0}, "sequence 1 has token id 1048576, expected 0 to LAST"},
        BadBatch{"type", {3, 3}, {0, 2}, "sequence 1 has token type id 2, expected 0 to 1"},
        BadBatch{"types", {3, 3}, {0}, "the batch has 3 token type ids for 4 tokens"}),
    [](const auto& bad) { return bad.param.name; });

TEST(Engine, RefusesStartsThatDoNotFitTheTokens) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const Engine engine = Engine::load(directory.path(), {});
  for (const std::vector<std::uint32_t>& starts :
       {std::vector<std::uint32_t>{}, {1, 3}, {0, 2}, {0, 4}, {0, 2, 1, 3}}) {
    RaggedBatch batch;
    batch.ids = {5, 6, 7};
    batch.starts = starts;
    EXPECT_THROW(engine.run(batch), UsageError);
  }
}

TEST(Engine, NeverSkimsTheFirstTokensThatABatchProtects) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path(), {.head = HeadKind::question_answering});
  EngineOptions options;
  options.skim_threshold = 1e9;
  const Engine engine = Engine::load(directory.path(), options);
  const std::vector<std::int32_t> ids = {2, 20, 30, 40, 50, 3};
  RaggedBatch batch;
  for (const std::uint32_t never_skimmed : {1U, 3U, 9U, 0U}) batch.add(ids, {}, never_skimmed);
  const BatchResult result = engine.run(batch);
  EXPECT_EQ(std::vector(result.kept.begin(), result.kept.begin() + 4),
            (std::vector<std::uint32_t>{1, 3, 6, 1}));
  for (std::size_t t = 0; t < ids.size(); ++t) EXPECT_EQ(result.skimmed_at[ids.size() + t], t < 3 ? 3 : 0);
  // What is kept together computes as if the rest had not been there, which it cannot attend to.
  RaggedBatch alone;
  alone.add(std::span(ids).first(3), {}, 3);
  const BatchResult expected = engine.run(alone);
  for (std::size_t i = 0; i < 6; ++i)
    EXPECT_NEAR(result.logits[2 * ids.size() + i], expected.logits[i], 1e-4);
  batch.never_skimmed.pop_back();
  EXPECT_THROW(engine.run(batch), UsageError);
}

TEST(Engine, GivesNoLogitsThatAreNotFinite) {
  for (const HeadKind head : {HeadKind::classification, HeadKind::regression, HeadKind::question_answering}) {
    SCOPED_TRACE(name_of(head));
    const TemporaryDirectory directory;
    TinyModel model = model_of("bert", head, 16);
    model.broken_weight = "encoder.layer.2.output.LayerNorm.weight";
    const ModelConfig config = write_tiny_model(directory.path(), model);
    try {
      Engine::load(directory.path(), {}).run(random_batch(config, 4, 1));
      FAIL() << "served";
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), directory.path().string() +
                                  ": the model computed a logit that is not a finite number: its weights are "
                                  "damaged or too large");
    }
  }
}

TEST(Engine, DoesNotSkimByMarginsThatAreNoNumbers) {
  const TemporaryDirectory directory;
  TinyModel model = model_of("bert", HeadKind::classification, 16);
  model.broken_weight = "encoder.skim_predictors.1.predictor.1.weight";
  const ModelConfig config = write_tiny_model(directory.path(), model);
  const Engine engine = Engine::load(directory.path(), {});
  try {
    engine.run(random_batch(config, 4, 1));
    FAIL() << "served";
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "the skim predictor of layer 1 computed no number: weights of the model are damaged or too large");
  }
}

TEST(Engine, RefusesOptionsOutOfRange) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  EngineOptions options;
  options.threads = -1;
  EXPECT_THROW(Engine::load(directory.path(), options), UsageError);
  options.threads = 100000;
  EXPECT_THROW(Engine::load(directory.path(), options), UsageError);
}

}  // namespace
}  // namespace transkimmer
