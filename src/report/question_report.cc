#include "report/question_report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace transkimmer {

nlohmann::ordered_json question_evaluation_json(const QuestionEvaluation& evaluation,
                                                const EvaluationContext& context, double null_threshold) {
  nlohmann::ordered_json json = evaluation_json(evaluation.evaluation, context);
  nlohmann::ordered_json& threshold = json["null_threshold"];
  threshold["used"] = null_threshold;
  if (const auto& search = evaluation.null_threshold) {
    threshold["best_for_exact"] = {{"threshold", search->exact.threshold}, {"exact", search->exact.score}};
    threshold["best_for_f1"] = {{"threshold", search->f1.threshold}, {"f1", search->f1.score}};
  }
  return json;
}

std::string question_evaluation_table(const QuestionEvaluation& evaluation, const EvaluationContext& context,
                                      double null_threshold) {
  std::string text = evaluation_table(evaluation.evaluation, context);
  text += fmt::format("  {:<22}{:.4f}", "null threshold", null_threshold);
  if (const auto& search = evaluation.null_threshold)
    text += fmt::format("   best for exact {} ({:.4f}), for f1 {} ({:.4f})", search->exact.threshold,
                        search->exact.score, search->f1.threshold, search->f1.score);
  return text + '\n';
}

}  // namespace transkimmer
