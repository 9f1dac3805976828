#include "metrics/scores.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Classes = std::vector<int>;
using Values = std::vector<double>;
constexpr double kTolerance = 1e-12;

TEST(Accuracy, IsTheShareOfEqualEntries) {
  EXPECT_DOUBLE_EQ(accuracy(Classes{0, 1, 2, 2}, Classes{0, 1, 1, 2}), 0.75);
  EXPECT_DOUBLE_EQ(accuracy(Classes{0}, Classes{1}), 0.0);
}

TEST(F1, CountsClassOneOnly) {
  // Predicted 1: four, of which two are right; labelled 1: three. 2 * 2 / (4 + 3).
  EXPECT_DOUBLE_EQ(f1_binary(Classes{1, 1, 1, 1, 0, 0}, Classes{1, 1, 0, 0, 1, 0}), 4.0 / 7.0);
  EXPECT_DOUBLE_EQ(f1_binary(Classes{1, 1}, Classes{1, 1}), 1.0);
}

TEST(F1, CountsAnotherClassWhenTold) {
  EXPECT_DOUBLE_EQ(f1_binary(Classes{0, 0, 0, 0, 1, 1}, Classes{0, 0, 1, 1, 0, 1}, 0), 4.0 / 7.0);
}

TEST(F1, IsZeroWithoutClassOne) {
  EXPECT_EQ(f1_binary(Classes{0, 2}, Classes{0, 0}), 0.0);
}

TEST(Matthews, EqualsTheBinaryFormula) {
  // tp 2, tn 1, fp 1, fn 1: (2*1 - 1*1) / sqrt(3 * 3 * 2 * 2) = 1/6.
  EXPECT_NEAR(matthews_correlation(Classes{1, 1, 1, 0, 0}, Classes{1, 1, 0, 1, 0}), 1.0 / 6.0, kTolerance);
  EXPECT_NEAR(matthews_correlation(Classes{0, 1}, Classes{1, 0}), -1.0, kTolerance);
}

TEST(Matthews, TakesAnyNumberOfClasses) {
  // Confusion by hand: 4 of 6 right; predicted counts 2 2 2, labelled 2 3 1.
  // covariance 4*6 - (4 + 6 + 2) = 12; variances 36 - 12 = 24 and 36 - 14 = 22.
  const double expected = 12.0 / std::sqrt(24.0 * 22.0);
  EXPECT_NEAR(matthews_correlation(Classes{0, 0, 1, 1, 2, 2}, Classes{0, 1, 1, 1, 2, 0}), expected,
              kTolerance);
  // Class numbers are names only.
  EXPECT_NEAR(matthews_correlation(Classes{7, 7, -1, -1, 3, 3}, Classes{7, -1, -1, -1, 3, 7}), expected,
              kTolerance);
}

TEST(Matthews, IsZeroWhenUndefined) {
  EXPECT_EQ(matthews_correlation(Classes{1, 1, 1}, Classes{1, 0, 1}), 0.0);
  EXPECT_EQ(matthews_correlation(Classes{1, 0, 1}, Classes{1, 1, 1}), 0.0);
}

TEST(Pearson, EqualsTheDefinition) {
  // Deviations (-1, 0, 1) and (-4/3, -1/3, 5/3): 3 / sqrt(2 * 14/3).
  EXPECT_NEAR(pearson_correlation(Values{1, 2, 3}, Values{1, 2, 4}), 3.0 / std::sqrt(2.0 * 14.0 / 3.0),
              kTolerance);
  EXPECT_NEAR(pearson_correlation(Values{1, 2, 3}, Values{-2, -4, -6}), -1.0, kTolerance);
}

TEST(Pearson, SurvivesAnOffsetThatSwampsTheVariance) {
  EXPECT_NEAR(pearson_correlation(Values{1e8 + 1, 1e8 + 2, 1e8 + 3}, Values{1, 2, 3}), 1.0, kTolerance);
}

TEST(Pearson, IsZeroForAConstantSide) {
  EXPECT_EQ(pearson_correlation(Values{0.1, 0.1, 0.1}, Values{1, 2, 3}), 0.0);
  EXPECT_EQ(pearson_correlation(Values{1, 2, 3}, Values{0.7, 0.7, 0.7}), 0.0);
  EXPECT_EQ(pearson_correlation(Values{1}, Values{2}), 0.0);
}

TEST(Spearman, SeesOrderOnly) {
  EXPECT_NEAR(spearman_correlation(Values{1, 10, 100, 1000}, Values{1, 2, 3, 4}), 1.0, kTolerance);
  // Rank differences 0 1 1 0: 1 - 6 * 2 / (4 * 15) = 0.8.
  EXPECT_NEAR(spearman_correlation(Values{1, 3, 2, 9}, Values{5, 6, 7, 8}), 0.8, kTolerance);
}

TEST(Spearman, GivesTiesTheirAverageRank) {
  // Ranks 1.5 1.5 3 4 against 1 2 3 4: covariance 4.5, variances 4.5 and 5.
  EXPECT_NEAR(spearman_correlation(Values{2, 2, 5, 6}, Values{1, 2, 3, 4}), 4.5 / std::sqrt(4.5 * 5.0),
              kTolerance);
  EXPECT_EQ(spearman_correlation(Values{3, 3, 3}, Values{1, 2, 3}), 0.0);
}

TEST(Scores, GiveTheNumbersInTheManualsOfScikitLearnAndScipy) {
  EXPECT_NEAR(matthews_correlation(Classes{1, -1, 1, 1}, Classes{1, 1, 1, -1}), -1.0 / 3, kTolerance);
  EXPECT_NEAR(pearson_correlation(Values{1, 2, 3, 4, 5}, Values{10, 9, 2.5, 6, 4}), -0.7426106572325057,
              kTolerance);
  EXPECT_NEAR(spearman_correlation(Values{1, 2, 3, 4, 5}, Values{5, 6, 7, 8, 7}), 0.8207826816681233,
              kTolerance);
}

/// Small numbers, so that many of them are equal.
std::vector<int> random_classes(std::size_t count, int classes, std::mt19937_64& random) {
  std::vector<int> values(count);
  for (int& value : values) value = static_cast<int>(random() % static_cast<std::uint64_t>(classes));
  return values;
}

/// The textbook's sums of products of deviations, in another order and precision than the product's.
double defined_pearson(const Values& x, const Values& y) {
  const auto mean = [](const Values& values) {
    return std::accumulate(values.rbegin(), values.rend(), 0.0L) / static_cast<long double>(values.size());
  };
  const long double x_mean = mean(x), y_mean = mean(y);
  long double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = x.size(); i-- > 0;) {
    xy += (x[i] - x_mean) * (y[i] - y_mean);
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    yy += (y[i] - y_mean) * (y[i] - y_mean);
  }
  return static_cast<double>(xy / std::sqrt(xx * yy));
}

/// One more than the values below, and half of the other equal ones.
Values defined_ranks(const Values& values) {
  Values ranks;
  for (const double value : values) {
    double rank = 0.5;
    for (const double other : values) rank += other < value ? 1.0 : other == value ? 0.5 : 0.0;
    ranks.push_back(rank);
  }
  return ranks;
}

TEST(Scores, AgreeWithTheirDefinitionsOnRandomData) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 50; ++round) {
    const std::size_t count = 5 + random() % 200;
    const std::vector<int> predicted = random_classes(count, 2, random),
                           labels = random_classes(count, 2, random);
    double tp = 0, fp = 0, fn = 0, tn = 0;
    for (std::size_t i = 0; i < count; ++i)
      (predicted[i] == 1 ? (labels[i] == 1 ? tp : fp) : (labels[i] == 1 ? fn : tn)) += 1;
    if (tp == 0) continue;
    const double precision = tp / (tp + fp), recall = tp / (tp + fn);
    EXPECT_NEAR(f1_binary(predicted, labels), 2 * precision * recall / (precision + recall), kTolerance);
    const double product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn);
    if (product > 0) {
      EXPECT_NEAR(matthews_correlation(predicted, labels), (tp * tn - fp * fn) / std::sqrt(product),
                  kTolerance);
    }
    const std::vector<int> first = random_classes(count, 7, random),
                           second = random_classes(count, 5, random);
    const Values x(first.begin(), first.end()), y(second.begin(), second.end());
    EXPECT_NEAR(pearson_correlation(x, y), defined_pearson(x, y), kTolerance);
    EXPECT_NEAR(spearman_correlation(x, y), defined_pearson(defined_ranks(x), defined_ranks(y)), kTolerance);
  }
}

TEST(Scores, OfOneClassOnlyAreDefined) {
  const Classes ones(4, 1), zeros(4, 0);
  EXPECT_EQ(accuracy(ones, ones), 1.0);
  EXPECT_EQ(f1_binary(ones, ones), 1.0);
  EXPECT_EQ(f1_binary(zeros, zeros), 0.0);
  EXPECT_EQ(f1_binary(zeros, ones), 0.0);
  EXPECT_EQ(matthews_correlation(ones, ones), 0.0) << "scikit-learn's convention, however right they are";
  EXPECT_EQ(spearman_correlation(Values(4, 1.0), Values(4, 1.0)), 0.0) << "where SciPy gives NaN";
}

TEST(Scores, RejectDifferentLengthsAndNothing) {
  EXPECT_THROW(accuracy(Classes{1}, Classes{1, 2}), UsageError);
  EXPECT_THROW(f1_binary(Classes{}, Classes{}), UsageError);
  EXPECT_THROW(matthews_correlation(Classes{}, Classes{}), UsageError);
  EXPECT_THROW(pearson_correlation(Values{1}, Values{}), UsageError);
  EXPECT_THROW(spearman_correlation(Values{}, Values{}), UsageError);
}

TEST(Scores, RejectWhatIsNotANumber) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(pearson_correlation(Values{nan, 1}, Values{1, 2}), UsageError);
  EXPECT_THROW(spearman_correlation(Values{1, 2}, Values{nan, 1}), UsageError);
  EXPECT_THROW(compute_scores(std::vector{Metric::accuracy}, Values{0}, Values{nan}), UsageError);
  EXPECT_THROW(compute_scores(std::vector{Metric::accuracy}, Values{0.5}, Values{0}), UsageError);
}

TEST(Scores, AreNamedAsTheFieldNamesThem) {
  const Values outputs = {0, 1, 1, 1};
  const Values labels = {0, 1, 0, 1};
  const std::vector all = {Metric::accuracy, Metric::f1, Metric::matthews, Metric::pearson, Metric::spearman};
  const auto scores = compute_scores(all, outputs, labels);
  ASSERT_EQ(scores.size(), 5U);
  EXPECT_DOUBLE_EQ(scores.at("accuracy"), 0.75);
  EXPECT_DOUBLE_EQ(scores.at("f1"), 0.8);
  // For two classes all three correlations are the same number: tp 2, tn 1, fp 1: 2 / sqrt(3 * 2 * 2 * 1).
  EXPECT_NEAR(scores.at("matthews_correlation"), 2.0 / std::sqrt(12.0), kTolerance);
  EXPECT_NEAR(scores.at("pearson"), 2.0 / std::sqrt(12.0), kTolerance);
  EXPECT_NEAR(scores.at("spearmanr"), 2.0 / std::sqrt(12.0), kTolerance);
}

}  // namespace
}  // namespace transkimmer
