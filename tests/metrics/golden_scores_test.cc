// Scores of sets of labels and of rankings beside those of scikit-learn and of sentence-transformers'
// evaluator: scripts/golden/text_heads.py wrote them.

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "metrics/label_set_scores.h"
#include "metrics/ranking_scores.h"
#include "model_files/json/json.h"
#include "support/golden.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

json golden_scores(const char* kind) {
  return read_json(golden_path("text_heads/scores.json"))[kind];
}

void expect_scores(const std::map<std::string, double>& found, const json& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (const auto& [name, score] : found) EXPECT_NEAR(score, expected[name].get<double>(), 1e-12) << name;
}

const std::vector<Metric> of_sets = {Metric::f1_micro, Metric::f1_macro, Metric::accuracy};
const std::vector<Metric> of_rankings = {Metric::ndcg_at_10, Metric::mrr_at_10, Metric::average_precision};

TEST(GoldenScores, OfSetsOfLabelsAreScikitLearns) {
  const json cases = golden_scores("label_sets");
  ASSERT_GT(cases.size(), 5U);
  for (const json& one : cases) {
    std::vector<float> logits;
    std::vector<std::uint8_t> marks;
    for (const json& row : one["said"])
      for (const json& said : row) logits.push_back(said == 1 ? 0.1F : -0.1F);
    for (const json& row : one["right"])
      for (const json& right : row) marks.push_back(right.get<std::uint8_t>());
    expect_scores(label_set_scores(of_sets, {logits, marks, one["said"][0].size()}), one["scores"]);
  }
}

TEST(GoldenScores, OfRankingsAreThoseOfTheEvaluatorOfCrossEncoders) {
  const json cases = golden_scores("rankings");
  ASSERT_EQ(cases.size(), 2U);
  for (const json& one : cases) {
    const std::vector<double> scores = one["outputs"], relevance = one["relevance"];
    std::vector<std::size_t> queries = {0};
    for (const json& size : one["sizes"]) queries.push_back(queries.back() + size.get<std::size_t>());
    expect_scores(ranking_scores(of_rankings, {scores, relevance, queries}), one["scores"]);
  }
}

TEST(LabelSetScores, ALogitOfZeroIsNoLabel) {
  const std::vector<float> logits = {0.0F, 1.0F};
  const std::vector<std::uint8_t> marks = {0, 1};
  EXPECT_EQ(exact_sets({logits, marks, 2}), 1);
}

TEST(LabelSetScores, RefuseWhatDoesNotFitTogether) {
  const std::vector<float> logits = {1, 2, 3};
  const std::vector<std::uint8_t> marks = {1, 0, 1};
  EXPECT_THROW(f1_micro({logits, marks, 2}), UsageError);
  EXPECT_THROW(f1_macro({logits, {}, 3}), UsageError);
  EXPECT_THROW(exact_sets({{}, {}, 3}), UsageError);
  EXPECT_THROW(label_set_scores(std::vector{Metric::pearson}, {logits, marks, 3}), UsageError);
}

TEST(RankingScores, RefuseWhatDoesNotFitTogether) {
  const std::vector<double> scores = {1, 2}, relevance = {1, 0};
  const std::vector<std::size_t> queries = {0, 2}, none = {0}, more = {0, 3};
  EXPECT_THROW(ranking_scores(of_rankings, {scores, relevance, none}), UsageError);
  EXPECT_THROW(ranking_scores(of_rankings, {scores, relevance, more}), UsageError);
  EXPECT_THROW(ranking_scores(std::vector{Metric::accuracy}, {scores, relevance, queries}), UsageError);
}

}  // namespace
}  // namespace transkimmer::test
