#include "report/question_report.h"

#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace transkimmer {
namespace {

/// Numbers that are exact in binary, so that the expected texts are exact too.
QuestionEvaluation fixed_evaluation() {
  QuestionEvaluation result;
  Evaluation& evaluation = result.evaluation;
  evaluation.examples = 4;
  evaluation.windows = 6;
  evaluation.tokens = 100;
  evaluation.padded_batch = 2;
  evaluation.dense_unpadded = {3'000'000};
  evaluation.dense_padded = {4'500'000};
  evaluation.run.kept = {75, 25};
  evaluation.run.macs = evaluation.run.computed = {1'500'000};
  evaluation.run.seconds = 0.5;
  evaluation.scores = {{"f1", 62.5}, {"total", 4}};
  result.null_threshold = {{.score = 50, .threshold = -1.5}, {.score = 75, .threshold = 2.25}};
  return result;
}

EvaluationContext fixed_context() {
  EvaluationContext context;
  context.task = "squad_v2";
  context.split = "dev";
  context.skimming = true;
  context.threads = 2;
  context.precision = "f32";
  context.hardware = "A CPU";
  return context;
}

TEST(QuestionReport, JsonCountsWindowsAndTellsThresholds) {
  const auto json = question_evaluation_json(fixed_evaluation(), fixed_context(), 0.5);
  EXPECT_EQ(json["examples"], 4);
  EXPECT_EQ(json["windows"], 6);
  EXPECT_EQ(json["metrics"].dump(), R"({"f1":62.5,"total":4.0})");
  EXPECT_EQ(json["null_threshold"].dump(), R"({"used":0.5,"best_for_exact":{"threshold":-1.5,"exact":50.0},)"
                                           R"("best_for_f1":{"threshold":2.25,"f1":75.0}})");
}

TEST(QuestionReport, TableCountsWholeAndTellsThresholds) {
  EXPECT_EQ(question_evaluation_table(fixed_evaluation(), fixed_context(), 0.5),
            "squad_v2, dev: 4 examples in 6 windows, 100 tokens\n"
            "  f1                    62.5000\n"
            "  total                 4\n"
            "  tokens kept           50.0 %   per layer 75.0 25.0\n"
            "  MACs                  1.5 M\n"
            "    dense, unpadded     3 M (2.00 times as many)\n"
            "    dense, padded       4.5 M (3.00 times; padded to the longest of each batch of 2)\n"
            "  model                 0.500 s (200 tokens/s, 12.0 sequences/s)\n"
            "  tokenization          0.000 s\n"
            "  2 threads, f32, A CPU\n"
            "  null threshold        0.5000   best for exact -1.5 (50.0000), for f1 2.25 (75.0000)\n");
}

TEST(QuestionReport, OfDataWithoutAnswersHasNoSearch) {
  QuestionEvaluation evaluation = fixed_evaluation();
  evaluation.null_threshold.reset();
  EXPECT_EQ(question_evaluation_json(evaluation, fixed_context(), 0)["null_threshold"].dump(),
            R"({"used":0.0})");
}

}  // namespace
}  // namespace transkimmer
