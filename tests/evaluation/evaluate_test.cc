#include "evaluation/evaluate.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/scores.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using test::TemporaryDirectory;
using test::TinyModel;
using test::write_tiny_model;

const std::vector<Metric> accuracy_and_f1 = {Metric::accuracy, Metric::f1};

/// Random sequences of these lengths, labelled 0, 1, 1, 0, 1, 1, ...
EncodedDataset data_of(const std::vector<std::size_t>& lengths) {
  std::mt19937_64 random(17);
  EncodedDataset data;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    for (std::size_t t = 0; t < lengths[i]; ++t)
      data.ids.push_back(static_cast<std::int32_t>(5 + random() % 60));
    data.starts.push_back(data.ids.size());
    data.labels.push_back(i % 3 == 0 ? 0 : 1);
  }
  data.type_ids.assign(data.ids.size(), 0);
  return data;
}

std::vector<std::size_t> random_lengths(std::size_t count) {
  std::mt19937_64 random(3);
  std::vector<std::size_t> lengths(count);
  for (std::size_t& length : lengths) length = 1 + random() % 64;
  return lengths;
}

/// The arithmetic of the tiny model (hidden 32, feed-forward 64, predictors 16, 2 labels) by the formula of
/// docs/how-it-works.md, written out once more.
constexpr std::uint64_t predictor_macs(std::uint64_t entering) {
  return entering * (32 * 16 + 2 * 16);
}
constexpr std::uint64_t layer_macs(std::uint64_t kept) {
  return kept * (4 * 32 * 32 + 2 * 32 * 64) + 2 * kept * kept * 32;
}
constexpr std::uint64_t kHeadMacs = 32 * 32 + 32 * 2;
constexpr std::uint64_t dense_macs(std::uint64_t tokens) {
  return 3 * layer_macs(tokens) + kHeadMacs;
}

class Evaluate : public testing::Test {
 protected:
  Evaluate() { write_tiny_model(directory_.path()); }

  Engine load(bool skimming = true) const {
    EngineOptions options;
    options.threads = 1;
    options.skimming = skimming;
    return Engine::load(directory_.path(), options);
  }
  static BatchResult alone(const Engine& engine, const EncodedDataset& data, std::size_t i) {
    RaggedBatch batch;
    batch.add(data.sequence_ids(i), data.sequence_type_ids(i));
    return engine.run(batch);
  }

  TemporaryDirectory directory_;
  EncodedDataset data_ = data_of(random_lengths(25));
};

TEST_F(Evaluate, ScoresNoModelThatComputesNoNumbers) {
  write_tiny_model(directory_.path(), {.broken_weight = "classifier.bias"});
  EXPECT_THROW(evaluate(load(), nullptr, data_, accuracy_and_f1, {}), Error);
}

TEST_F(Evaluate, CountsTokensKeptAndTheirArithmetic) {
  const Engine engine = load();
  const Evaluation evaluation = evaluate(engine, nullptr, data_, accuracy_and_f1, {});
  std::vector<std::uint64_t> kept(3);
  std::uint64_t macs = 0, unread = 0;
  for (std::size_t i = 0; i < data_.size(); ++i) {
    const BatchResult result = alone(engine, data_, i);
    std::uint64_t entering = data_.length(i);
    for (std::size_t layer = 0; layer < 3; ++layer) {
      kept[layer] += result.kept[layer];
      macs += predictor_macs(entering) + layer_macs(result.kept[layer]);
      entering = result.kept[layer];
    }
    macs += kHeadMacs;
    unread += unread_cost(engine.spec(), result.kept[2]).count;
  }
  EXPECT_EQ(evaluation.run.kept, kept);
  EXPECT_EQ(evaluation.run.macs.count, macs);
  EXPECT_EQ(evaluation.run.computed.count, macs - unread);
  EXPECT_LT(kept[2], kept[0]) << "something must be skimmed";
  EXPECT_EQ(evaluation.examples, data_.size());
  EXPECT_EQ(evaluation.tokens, data_.ids.size());
  EXPECT_GT(evaluation.run.seconds, 0);
  EXPECT_FALSE(evaluation.dense);
}

TEST_F(Evaluate, KeptFractionsAreOfAllTokensAndTheirMean) {
  Evaluation evaluation;
  evaluation.tokens = 80;
  evaluation.run.kept = {60, 20};
  EXPECT_EQ(evaluation.kept_fraction_per_layer(), (std::vector<double>{0.75, 0.25}));
  EXPECT_EQ(evaluation.kept_fraction(), 0.5);
}

TEST_F(Evaluate, OutputsAreTheEnginesAnswersInDataSetOrder) {
  const Engine engine = load();
  const Evaluation evaluation = evaluate(engine, nullptr, data_, accuracy_and_f1, {});
  ASSERT_EQ(evaluation.run.outputs.size(), data_.size());
  for (std::size_t i = 0; i < data_.size(); ++i) {
    const auto logits = alone(engine, data_, i).logits;
    EXPECT_EQ(evaluation.run.outputs[i], logits[1] > logits[0] ? 1 : 0) << i;
  }
}

TEST_F(Evaluate, ScoresAreThoseOfTheOutputs) {
  const Evaluation evaluation = evaluate(load(), nullptr, data_, accuracy_and_f1, {});
  EXPECT_EQ(evaluation.scores, compute_scores(accuracy_and_f1, evaluation.run.outputs, data_.labels));
  EXPECT_EQ(evaluation.scores.size(), 2U);
}

TEST_F(Evaluate, TheDenseTwinEqualsTheEngineWithoutSkimming) {
  const Engine dense = load(false);
  const Evaluation both = evaluate(load(), &dense, data_, accuracy_and_f1, {});
  const Evaluation alone = evaluate(dense, nullptr, data_, accuracy_and_f1, {});
  ASSERT_TRUE(both.dense);
  EXPECT_EQ(both.dense->outputs, alone.run.outputs);
  EXPECT_EQ(both.dense_scores, alone.scores);
  EXPECT_EQ(both.dense->kept, std::vector<std::uint64_t>(3, data_.ids.size()));
  EXPECT_EQ(both.dense->macs, alone.run.macs);
  EXPECT_EQ(both.dense->macs, both.dense_unpadded);
  EXPECT_GT(both.dense->seconds, 0);
  EXPECT_GT(both.dense_padded_seconds, 0);
  EXPECT_EQ(alone.kept_fraction(), 1);
}

TEST_F(Evaluate, ThePaddedBaselinePadsEachBatchInDataSetOrderToItsLongest) {
  const EncodedDataset data = data_of({5, 3, 7, 2, 4});
  EvaluationOptions options;
  options.padded_batch = 2;
  const Evaluation evaluation = evaluate(load(), nullptr, data, accuracy_and_f1, options);
  EXPECT_EQ(evaluation.dense_padded.count, 2 * dense_macs(5) + 2 * dense_macs(7) + dense_macs(4));
  EXPECT_EQ(evaluation.dense_unpadded.count,
            dense_macs(5) + dense_macs(3) + dense_macs(7) + dense_macs(2) + dense_macs(4));
  EXPECT_EQ(evaluation.padded_batch, 2U);
}

TEST_F(Evaluate, NeitherBatchLimitsNorWarmingUpChangeTheResult) {
  const Engine engine = load();
  const Evaluation expected = evaluate(engine, nullptr, data_, accuracy_and_f1, {});
  EvaluationOptions one_by_one, few_tokens, warmed;
  one_by_one.batch_sequences = 1;
  few_tokens.batch_tokens = 70;
  warmed.warm_up = true;
  for (const EvaluationOptions& options : {one_by_one, few_tokens, warmed}) {
    const Evaluation evaluation = evaluate(engine, nullptr, data_, accuracy_and_f1, options);
    EXPECT_EQ(evaluation.run.outputs, expected.run.outputs);
    EXPECT_EQ(evaluation.run.kept, expected.run.kept);
    EXPECT_EQ(evaluation.run.macs, expected.run.macs);
  }
}

TEST_F(Evaluate, UnlabelledDataIsRunButNotScored) {
  const Engine dense = load(false);
  std::fill(data_.labels.begin(), data_.labels.end(), std::nan(""));
  const Evaluation evaluation = evaluate(load(), &dense, data_, accuracy_and_f1, {});
  EXPECT_TRUE(evaluation.scores.empty());
  EXPECT_TRUE(evaluation.dense_scores.empty());
  EXPECT_EQ(evaluation.run.outputs.size(), data_.size());
  EXPECT_GT(evaluation.run.macs.count, 0U);
}

TEST_F(Evaluate, ReportsProgressUpToTheLastExample) {
  std::vector<std::size_t> reports;
  EvaluationOptions options;
  options.batch_sequences = 10;
  options.progress = [&](std::size_t done, std::size_t total) {
    EXPECT_EQ(total, data_.size());
    reports.push_back(done);
  };
  const Engine dense = load(false);
  evaluate(load(), &dense, data_, accuracy_and_f1, options);
  EXPECT_EQ(reports, (std::vector<std::size_t>{10, 20, 25}));
}

TEST_F(Evaluate, RegressionScoresTheValues) {
  TinyModel model;
  model.head = HeadKind::regression;
  model.labels = {"similarity"};
  write_tiny_model(directory_.path(), model);
  const Engine engine = load();
  const std::vector<Metric> metrics = {Metric::pearson};
  const Evaluation evaluation = evaluate(engine, nullptr, data_, metrics, {});
  for (std::size_t i = 0; i < data_.size(); ++i)
    EXPECT_NEAR(evaluation.run.outputs[i], alone(engine, data_, i).logits.front(), 1e-5);
  EXPECT_EQ(evaluation.scores.at("pearson"), pearson_correlation(evaluation.run.outputs, data_.labels));
}

TEST_F(Evaluate, RefusesNothingToEvaluateAndLimitsOfZero) {
  const Engine engine = load();
  const auto refusal_of = [&](const EncodedDataset& data, const EvaluationOptions& options) -> std::string {
    try {
      evaluate(engine, nullptr, data, accuracy_and_f1, options);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal_of({}, {}), "the data set has no examples to evaluate");
  EvaluationOptions options;
  options.padded_batch = 0;
  EXPECT_EQ(refusal_of(data_, options), "padded_batch is 0, expected at least 1");
  options = {};
  options.batch_tokens = 0;
  EXPECT_EQ(refusal_of(data_, options), "batch_tokens is 0, expected at least 1");
  options = {};
  options.batch_sequences = 0;
  EXPECT_EQ(refusal_of(data_, options), "a batch must hold at least one sequence");
}

}  // namespace
}  // namespace transkimmer
