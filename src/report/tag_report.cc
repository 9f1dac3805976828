#include "report/tag_report.h"

#include <nlohmann/json.hpp>

namespace transkimmer {
namespace {

nlohmann::ordered_json types_json(const EntityScores& scores) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [type, shares] : scores.by_type)
    json[type] = {{"precision", shares.precision},
                  {"recall", shares.recall},
                  {"f1", shares.f1},
                  {"number", shares.number}};
  return json;
}

}  // namespace

nlohmann::ordered_json tag_evaluation_json(const TagEvaluation& evaluation,
                                           const EvaluationContext& context) {
  nlohmann::ordered_json json = evaluation_json(evaluation.evaluation, context);
  if (evaluation.scores) json["entities"] = types_json(*evaluation.scores);
  if (evaluation.dense_scores) json["dense"]["entities"] = types_json(*evaluation.dense_scores);
  return json;
}

}  // namespace transkimmer
