#pragma once

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluate_tags.h"
#include "report/evaluation_report.h"

namespace transkimmer {

/// evaluation_json with `entities`: precision, recall, f1 and number of each type, and the dense model's
/// beside them under `dense`.
nlohmann::ordered_json tag_evaluation_json(const TagEvaluation& evaluation, const EvaluationContext& context);

}  // namespace transkimmer
