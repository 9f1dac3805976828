#include "metrics/text_scores.h"

#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

const std::vector<Metric> kAccuracy = {Metric::accuracy};

TEST(TextOutputs, AreClassesNumbersOrCosines) {
  const std::vector<float> logits = {0.5F, 2.0F, -1.0F, 3.0F, 1.0F, -2.0F};
  EXPECT_EQ(text_outputs(HeadKind::classification, logits, 3), (std::vector<double>{1, 0}));
  EXPECT_EQ(text_outputs(HeadKind::multi_label, logits, 3), (std::vector<double>{1, 0}));
  EXPECT_EQ(text_outputs(HeadKind::reranking, logits, 1), std::vector<double>(logits.begin(), logits.end()));
  EXPECT_EQ(text_outputs(HeadKind::regression, logits, 1), std::vector<double>(logits.begin(), logits.end()));
  const std::vector<float> vectors = {1, 0, 1, 1, 2, 0, -1, -1};
  EXPECT_EQ(text_outputs(HeadKind::embedding, vectors, 2).size(), 2U);
  EXPECT_DOUBLE_EQ(text_outputs(HeadKind::embedding, vectors, 2)[0], 1);
  EXPECT_NEAR(text_outputs(HeadKind::embedding, vectors, 2)[1], -1, 1e-12);
}

TEST(TextOutputs, ThatAreNoWholeRowsAreRefused) {
  const std::vector<float> logits(5);
  EXPECT_THROW(text_outputs(HeadKind::classification, logits, 3), UsageError);
  EXPECT_THROW(text_outputs(HeadKind::classification, logits, 0), UsageError);
}

TEST(TextScores, OfSetsCountLabelsNotTheLikeliestAlone) {
  const std::vector<float> logits = {1, 1, -1, -1, -2, 1};  // {a, b}, {}, {b}
  const std::vector<std::uint8_t> marks = {1, 1, 0, 0, 0, 1};
  const std::vector<double> labels = {2, 0, 1};
  const TextAnswers answers = {.logits = logits, .columns = 2, .labels = labels, .marks = marks};
  EXPECT_DOUBLE_EQ(text_scores(HeadKind::multi_label, kAccuracy, answers).at("accuracy"), 1);
}

TEST(TextScores, OfQueriesRankTheirOwnDocuments) {
  const std::vector<float> scores = {0.1F, 0.9F, 5.0F, 4.0F};
  const std::vector<double> relevance = {0, 1, 0, 1};
  const std::vector<std::size_t> queries = {0, 2, 4};
  const TextAnswers answers = {.logits = scores, .labels = relevance, .queries = queries};
  const std::vector<Metric> metrics = {Metric::mrr_at_10};
  EXPECT_DOUBLE_EQ(text_scores(HeadKind::reranking, metrics, answers).at("mrr@10"), (1 + 0.5) / 2);
}

TEST(TextScores, OfClassesCountTheLikeliest) {
  const std::vector<float> logits = {1, 2, 4, 3};
  const std::vector<double> labels = {1, 1};
  const TextAnswers answers = {.logits = logits, .columns = 2, .labels = labels};
  EXPECT_DOUBLE_EQ(text_scores(HeadKind::classification, kAccuracy, answers).at("accuracy"), 0.5);
}

}  // namespace
}  // namespace transkimmer
