#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluate_questions.h"
#include "report/evaluation_report.h"

namespace transkimmer {

/// evaluation_json with the thresholds over null odds: the one used, and those that would have been best.
nlohmann::ordered_json question_evaluation_json(const QuestionEvaluation& evaluation,
                                                const EvaluationContext& context, double null_threshold);

/// evaluation_table with the same.
std::string question_evaluation_table(const QuestionEvaluation& evaluation, const EvaluationContext& context,
                                      double null_threshold);

}  // namespace transkimmer
