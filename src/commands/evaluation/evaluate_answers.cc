#include <iostream>
#include <optional>
#include <utility>

#include "commands/evaluation/evaluate_options.h"
#include "commands/evaluation/evaluated_data.h"
#include "commands/program/output.h"
#include "evaluation/evaluate_questions.h"
#include "report/question_report.h"

namespace transkimmer {
namespace {

QuestionEvaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                          const EvaluatedQuestions& questions) {
  const std::optional<Engine> dense = load_dense(options, engine);
  EvaluationProgress progress(questions.features.windows.size(), "windows");
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = progress.callback();
  QuestionEvaluation result = evaluate(engine, dense ? &*dense : nullptr, questions, evaluation);
  progress.finish();
  return result;
}

void write_files(const EvaluateOptions& options, const QaDataset& dataset, const QuestionEvaluation& result) {
  if (!options.predictions.empty()) write_predictions(options.predictions, dataset, result.decisions);
  if (!options.null_odds.empty()) write_null_odds(options.null_odds, dataset, result.decisions);
}

}  // namespace

void evaluate_answers(const EvaluateOptions& options, const Engine& engine) {
  const EvaluatedQuestions questions = read_questions(options, engine, notices_on_standard_error());
  for (const auto& [name, file] :
       {std::pair("--predictions", options.predictions), std::pair("--null-odds", options.null_odds)})
    require_not_read(name, file, {options.model});
  const EvaluationContext context = context_of(engine, questions);
  const QuestionEvaluation result = evaluate_with_progress(options, engine, questions);
  const double threshold = options.answer.null_threshold;
  // For a person the scores are not lost when a file cannot be written; JSON is all or an error.
  if (!options.json) std::cout << question_evaluation_table(result, context, threshold) << std::flush;
  write_files(options, questions.dataset, result);
  if (options.json) print_json(question_evaluation_json(result, context, threshold));
}

}  // namespace transkimmer
