// What is said of single classes beside scikit-learn: scripts/golden/class_report.py wrote it.

#include "metrics/class_report.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "model_files/json/json.h"
#include "support/golden.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-12;

void expect_shares(const ClassShares& found, const json& expected) {
  EXPECT_NEAR(found.precision, expected["precision"].get<double>(), kTolerance);
  EXPECT_NEAR(found.recall, expected["recall"].get<double>(), kTolerance);
  EXPECT_NEAR(found.f1, expected["f1-score"].get<double>(), kTolerance);
  EXPECT_EQ(static_cast<double>(found.support), expected["support"].get<double>());
}

TEST(ClassReport, IsScikitLearns) {
  const json cases = read_json(golden_path("class_report.json"));
  ASSERT_GT(cases.size(), 5U);
  for (const json& one : cases) {
    const std::vector<double> predictions = one["predictions"], labels = one["labels"];
    const auto classes = one["classes"].get<std::size_t>();
    const ClassReport report = class_report(predictions, labels, classes);
    for (std::size_t label = 0; label < classes; ++label) {
      SCOPED_TRACE(label);
      // Of classes that occur nowhere it says nothing.
      const auto said = one["report"].find(std::to_string(label));
      if (said != one["report"].end()) expect_shares(report.classes[label], *said);
      for (std::size_t predicted = 0; predicted < classes; ++predicted)
        EXPECT_EQ(report.confused(label, predicted), one["confusion"][label][predicted].get<std::size_t>());
    }
    expect_shares(report.macro, one["macro"]);
    expect_shares(report.weighted, one["weighted"]);
    EXPECT_NEAR(report.accuracy, one["accuracy"].get<double>(), kTolerance);
  }
}

TEST(RocAuc, IsScikitLearnsWithManyEqualScores) {
  std::size_t compared = 0;
  for (const json& one : read_json(golden_path("class_report.json"))) {
    if (!one.contains("roc_auc")) continue;
    const std::vector<float> scores = one["scores"];
    const std::vector<double> marks = one["labels"];
    EXPECT_NEAR(roc_auc(scores, marks).value(), one["roc_auc"].get<double>(), kTolerance);
    EXPECT_NEAR(average_precision(scores, marks).value(), one["average_precision"].get<double>(), kTolerance);
    ++compared;
  }
  EXPECT_GE(compared, 2U);
}

TEST(RocAuc, IsNothingWhereOnlyOneKindOccurs) {
  const std::vector<float> scores = {1, 2};
  for (const double mark : {0.0, 1.0}) {
    const std::vector<double> marks = {mark, mark};
    EXPECT_FALSE(roc_auc(scores, marks));
    EXPECT_FALSE(average_precision(scores, marks));
  }
}

TEST(ClassReport, RefusesWhatIsNoClass) {
  const std::vector<double> right = {0, 1}, wrong = {0, 2}, below = {0, -1}, short_one = {0};
  EXPECT_THROW(class_report(wrong, right, 2), UsageError);
  EXPECT_THROW(class_report(right, wrong, 2), UsageError);
  EXPECT_THROW(class_report(below, right, 2), UsageError);
  EXPECT_THROW(class_report(short_one, right, 2), UsageError);
  EXPECT_THROW(class_report({}, {}, 2), UsageError);
  const std::vector<double> nothing = {std::numeric_limits<double>::quiet_NaN(), 0};
  EXPECT_THROW(class_report(right, nothing, 2), UsageError) << "a text without a label";
}

}  // namespace
}  // namespace transkimmer::test
