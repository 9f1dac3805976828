#include "evaluation/evaluate_tags.h"

#include <iostream>
#include <optional>

#include "commands/evaluation/evaluate_options.h"
#include "commands/evaluation/evaluated_data.h"
#include "commands/program/output.h"
#include "report/tag_report.h"

namespace transkimmer {
namespace {

TagEvaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                     const EvaluatedTags& tags) {
  const std::optional<Engine> dense = load_dense(options, engine);
  EvaluationProgress progress(tags.features.tokens.size(), "sentences");
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = progress.callback();
  TagEvaluation result = evaluate(engine, dense ? &*dense : nullptr, tags, evaluation);
  progress.finish();
  return result;
}

}  // namespace

void evaluate_tags(const EvaluateOptions& options, const Engine& engine) {
  const EvaluatedTags tags = read_tags(options, engine, notices_on_standard_error());
  require_not_read("--predictions", options.predictions, {options.model});
  const TagEvaluation result = evaluate_with_progress(options, engine, tags);
  const EvaluationContext context = context_of(engine, tags);
  if (!options.json) std::cout << evaluation_table(result.evaluation, context) << std::flush;
  if (!options.predictions.empty())
    write_predictions(options.predictions, tags.dataset, result, tags.labels, tags.indices);
  if (options.json) print_json(tag_evaluation_json(result, context));
}

}  // namespace transkimmer
