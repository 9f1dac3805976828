// What is said of each class, as text, JSON and SVG.

#include "report/class_table.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace transkimmer {
namespace {

using testing::HasSubstr;
using testing::Not;

NamedClassReport two_classes() {
  const std::vector<double> predictions = {0, 0, 1, 1}, labels = {0, 1, 1, 1};
  return {.report = class_report(predictions, labels, 2),
          .labels = {"bad", "good"},
          .positive = "good",
          .roc_auc = 0.75,
          .average_precision = 0.5};
}

TEST(ClassTable, HasALineForEachClassAndForTheirMeans) {
  EXPECT_EQ(class_table(two_classes()),
            "    class                   precision    recall        f1   support\n"
            "    bad                        0.5000    1.0000    0.6667         1\n"
            "    good                       1.0000    0.6667    0.8000         3\n"
            "    macro avg                  0.7500    0.8333    0.7333         4\n"
            "    weighted avg               0.8750    0.7500    0.7667         4\n"
            "  ROC AUC               0.7500 (of good)\n"
            "  average precision     0.5000\n"
            "  confusion, right ones down, predicted ones across\n"
            "                                  0      1\n"
            "     0 bad                        1      0\n"
            "     1 good                       1      2\n");
}

TEST(ClassTable, LongAndOddLabelsKeepTheColumns) {
  NamedClassReport named = two_classes();
  named.labels = {std::string(60, 'x'), "line\nbreak é"};
  const std::string text = class_table(named);
  EXPECT_THAT(text, HasSubstr("    " + std::string(23, 'x') + "…   0.5000"));
  EXPECT_THAT(text, HasSubstr("    line\\nbreak é              1.0000"));
}

TEST(ClassTable, ManyClassesHaveNoMatrix) {
  const std::vector<double> one = {0};
  NamedClassReport named{.report = class_report(one, one, 40), .labels = std::vector<std::string>(40, "x")};
  EXPECT_THAT(class_table(named), Not(HasSubstr("confusion")));
  EXPECT_EQ(class_report_json(named)["confusion_matrix"]["counts"].size(), 40U);
}

TEST(ClassReportJson, HasTheNamesOfScikitLearn) {
  const nlohmann::ordered_json json = class_report_json(two_classes());
  EXPECT_EQ(json["classes"]["good"]["support"], 3);
  EXPECT_EQ(json["macro avg"]["precision"], 0.75);
  EXPECT_EQ(json["confusion_matrix"]["labels"][1], "good");
  EXPECT_EQ(json["confusion_matrix"]["counts"][1][0], 1);
  EXPECT_EQ(json["roc_auc"], 0.75);
}

TEST(ConfusionSvg, HasASquareForEachPairAndEscapesLabels) {
  NamedClassReport named = two_classes();
  named.labels = {"<b>", "a\xFF\"&"};
  const std::string svg = confusion_svg(named);
  EXPECT_THAT(svg, HasSubstr("&lt;b&gt; as a\xEF\xBF\xBD&quot;&amp;: 0 of 1"));
  EXPECT_THAT(svg, Not(HasSubstr("<b>")));
  std::size_t squares = 0;
  for (std::size_t at = svg.find("<title>"); at != svg.npos; at = svg.find("<title>", at + 1)) ++squares;
  EXPECT_EQ(squares, 4U);
}

}  // namespace
}  // namespace transkimmer
