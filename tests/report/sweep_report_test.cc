#include "report/sweep_report.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/xml.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using ::testing::HasSubstr;

/// Numbers that are exact in binary, so that the expected texts are exact too.
SweepPoint point_of(const std::string& model, std::optional<double> threshold, std::uint64_t macs,
                    double accuracy) {
  SweepPoint point;
  point.model = model;
  point.threshold = threshold;
  point.evaluation.examples = 4;
  point.evaluation.tokens = 100;
  point.evaluation.run.kept = {100, 50};
  point.evaluation.run.macs = {macs};
  point.evaluation.run.computed = {macs * 3 / 4};
  point.evaluation.scores = {{"accuracy", accuracy}, {"f1", 0.5}};
  point.seconds = {0.5, 4, 1};
  return point;
}

Sweep fixed_sweep() {
  Sweep sweep;
  sweep.context = {.task = "mrpc", .split = "dev", .threads = 2, .precision = "int8", .hardware = "A CPU"};
  sweep.metrics = {"accuracy", "f1"};
  sweep.batch_tokens = 4096;
  sweep.points = {point_of("big", std::nullopt, 4'000'000, 0.875), point_of("big", -0.5, 2'000'000, 0.75),
                  point_of("small", 2, 1'000'000, 0.5)};
  sweep.points[1].own_threshold = true;
  sweep.points[1].seconds = {0.25, 0.25, 9};
  return sweep;
}

TEST(SweepReport, TablePutsEveryRowBesideTheFirst) {
  EXPECT_EQ(sweep_table(fixed_sweep()),
            "mrpc, dev: 4 texts, 100 tokens\n"
            "2 threads, int8, batches of at most 4096 tokens, A CPU\n"
            "model  threshold  accuracy      f1     MACs  fewer MACs  ms per text  speed  kept per layer, %\n"
            "big      dense      0.8750  0.5000  100.0 %       1.00x      250.000  1.00x  100 50\n"
            "big       -0.5 *    0.7500  0.5000   50.0 %       2.00x       62.500  4.00x  100 50\n"
            "small        2      0.5000  0.5000   25.0 %       4.00x      250.000  1.00x  100 50\n"
            "MACs and speed: beside the first row; unpadded, skim predictors counted.\n"
            "Times: medians of 3 rounds in which the rows take turns.\n"
            "* the threshold that the model names\n");
}

TEST(SweepReport, TableOfOneTextAtATimeAndOneRoundSaysSo) {
  Sweep sweep = fixed_sweep();
  sweep.batch_sequences = 1;
  for (SweepPoint& point : sweep.points) point.seconds = {1};
  EXPECT_THAT(sweep_table(sweep), HasSubstr("int8, one sequence at a time, A CPU\n"));
  EXPECT_THAT(sweep_table(sweep), HasSubstr("Times: of one round in which"));
  sweep.batch_sequences = 32;
  EXPECT_THAT(sweep_table(sweep), HasSubstr(", batches of at most 32 sequences and 4096 tokens, "));
}

TEST(SweepReport, JsonHasEveryPointAtFullPrecision) {
  const auto json = sweep_json(fixed_sweep());
  EXPECT_EQ(json["metric"], "accuracy");
  EXPECT_EQ(json["rounds"], 3);
  EXPECT_EQ(json["batch_size"], nullptr);
  ASSERT_EQ(json["points"].size(), 3U);
  EXPECT_EQ(
      json["points"][1].dump(),
      R"({"model":"big","dense":false,"threshold":-0.5,"own_threshold":true,)"
      R"("metrics":{"accuracy":0.75,"f1":0.5},"kept_fraction":0.75,"kept_fraction_per_layer":[1.0,0.5],)"
      R"("tokens":100,"macs":2000000,"macs_computed":1500000,"macs_share":0.5,"macs_ratio":2.0,"milliseconds":62.5,)"
      R"("milliseconds_of_rounds":[62.5,62.5,2250.0],"speed":4.0})");
  EXPECT_EQ(json["points"][0]["threshold"], nullptr);
  EXPECT_EQ(json["points"][0]["dense"], true);
}

TEST(SweepReport, SvgHasEveryPointInBothPanelsAndALineForEachModel) {
  const std::string svg = sweep_svg(fixed_sweep());
  EXPECT_EQ(test::xml_error(svg), "");
  EXPECT_EQ(test::count_of(svg, "<circle class=\"point\""), 6);
  EXPECT_EQ(test::count_of(svg, "<circle class=\"ring\""), 2) << "the first row's";
  EXPECT_EQ(test::count_of(svg, "<polyline "), 4);
  EXPECT_THAT(svg, HasSubstr("<title>big, threshold -0.5: accuracy 0.7500, 50.0 % of the MACs, 62.500 ms<"));
}

TEST(SweepReport, SvgNeedsScores) {
  Sweep sweep = fixed_sweep();
  sweep.metrics.clear();
  EXPECT_THROW(sweep_svg(sweep), UsageError);
}

}  // namespace
}  // namespace transkimmer
