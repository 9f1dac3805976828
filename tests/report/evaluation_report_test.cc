#include "report/evaluation_report.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace transkimmer {
namespace {

/// Numbers that are exact in binary, so that the expected texts are exact too.
Evaluation fixed_evaluation() {
  Evaluation evaluation;
  evaluation.examples = 4;
  evaluation.tokens = 100;
  evaluation.padded_batch = 2;
  evaluation.dense_unpadded = {3'000'000};
  evaluation.dense_padded = {4'500'000};
  evaluation.run.kept = {75, 25};
  evaluation.dense_computed = {2'500'000};
  evaluation.run.macs = {1'500'000};
  evaluation.run.computed = {1'250'000};
  evaluation.run.seconds = 0.5;
  evaluation.scores = {{"accuracy", 0.75}, {"f1", 0.5}};
  evaluation.dense = Pass{};
  evaluation.dense->seconds = 1;
  evaluation.dense_scores = {{"accuracy", 1}, {"f1", 0.25}};
  evaluation.dense_padded_seconds = 1.25;
  return evaluation;
}

Evaluation without_comparison() {
  Evaluation evaluation = fixed_evaluation();
  evaluation.dense.reset();
  evaluation.dense_scores.clear();
  evaluation.dense_padded_seconds = 0;
  return evaluation;
}

EvaluationContext fixed_context() {
  return {.task = "mrpc",
          .split = "dev",
          .skimming = true,
          .threshold = 0.25,
          .threads = 2,
          .precision = "f32",
          .hardware = "A CPU",
          .tokenization_seconds = 0.125};
}

TEST(EvaluationReport, JsonHasTheDocumentedKeysInOrder) {
  EXPECT_EQ(
      evaluation_json(fixed_evaluation(), fixed_context()).dump(),
      R"({"task":"mrpc","split":"dev","examples":4,"metrics":{"accuracy":0.75,"f1":0.5},)"
      R"("skimming":{"enabled":true,"threshold":0.25,"kept_fraction":0.5,)"
      R"("kept_fraction_per_layer":[0.75,0.25]},)"
      R"("macs":{"run":1500000,"dense_unpadded":3000000,"dense_padded":4500000,)"
      R"("padded_to":"the longest of each batch of 2",)"
      R"("computed":{"run":1250000,"dense_unpadded":2500000}},)"
      R"("seconds":{"model":0.5,"tokenization":0.125,"total":0.625},)"
      R"("tokens":100,"tokens_per_second":200.0,"sequences_per_second":8.0,"threads":2,"precision":"f32","hardware":"A CPU",)"
      R"("dense":{"metrics":{"accuracy":1.0,"f1":0.25},"seconds":1.0,"seconds_padded":1.25}})");
}

TEST(EvaluationReport, JsonOfOneRunHasNoDenseTwin) {
  Evaluation evaluation = without_comparison();
  evaluation.scores.clear();
  const auto json = evaluation_json(evaluation, fixed_context());
  EXPECT_FALSE(json.contains("dense"));
  EXPECT_EQ(json["metrics"].dump(), "{}");
}

TEST(EvaluationReport, TablePutsEveryRatioBesideBothOfItsSides) {
  EXPECT_EQ(evaluation_table(fixed_evaluation(), fixed_context()),
            "mrpc, dev: 4 examples, 100 tokens\n"
            "  accuracy              0.7500   dense, same weights 1.0000\n"
            "  f1                    0.5000   dense, same weights 0.2500\n"
            "  tokens kept           50.0 %   per layer 75.0 25.0\n"
            "  MACs                  1.5 M\n"
            "    dense, unpadded     3 M (2.00 times as many)\n"
            "    dense, padded       4.5 M (3.00 times; padded to the longest of each batch of 2)\n"
            "  MACs really computed  1.25 M (dense, unpadded 2.5 M, 2.00 times as many)\n"
            "  model                 0.500 s (200 tokens/s, 8.0 sequences/s)\n"
            "    dense, unpadded     1.000 s (2.00 times as long)\n"
            "    dense, padded       1.250 s (2.50 times as long)\n"
            "  tokenization          0.125 s\n"
            "  2 threads, f32, A CPU\n");
}

TEST(EvaluationReport, TableOfADenseRunSaysNothingOfTokensKept) {
  EvaluationContext context = fixed_context();
  context.skimming = false;
  context.threads = 1;
  Evaluation evaluation = without_comparison();
  evaluation.scores.clear();
  evaluation.run.macs = evaluation.run.computed = evaluation.dense_unpadded;
  EXPECT_EQ(evaluation_table(evaluation, context),
            "mrpc, dev: 4 examples, 100 tokens\n"
            "  nothing to score: the data has no labels\n"
            "  MACs                  3 M\n"
            "    dense, unpadded     3 M (1.00 times as many)\n"
            "    dense, padded       4.5 M (1.50 times; padded to the longest of each batch of 2)\n"
            "  model                 0.500 s (200 tokens/s, 8.0 sequences/s)\n"
            "  tokenization          0.125 s\n"
            "  1 thread, f32, A CPU\n");
}

TEST(WithPrefix, RoundsToFourDigitsBeforeItChoosesThePrefix) {
  const std::pair<double, const char*> cases[] = {{0, "0"},
                                                  {1, "1"},
                                                  {999, "999"},
                                                  {999.9, "999.9"},
                                                  {999.96, "1 k"},
                                                  {1000, "1 k"},
                                                  {1234.4, "1.234 k"},
                                                  {45600, "45.6 k"},
                                                  {999'949, "999.9 k"},
                                                  {999'960, "1 M"},
                                                  {1'000'000, "1 M"},
                                                  {22'500'000'000, "22.5 G"},
                                                  {999'990'000'000, "1 T"},
                                                  {3.2e15, "3.2 P"},
                                                  {18446744073709551615.0, "18.45 E"}};
  for (const auto& [count, text] : cases) EXPECT_EQ(with_prefix(count), text);
}

}  // namespace
}  // namespace transkimmer
