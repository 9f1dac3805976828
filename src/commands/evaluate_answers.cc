#include <iostream>
#include <string>

#include <fmt/format.h>

#include "commands/evaluate_options.h"
#include "commands/output.h"
#include "datasets/sample.h"
#include "datasets/squad.h"
#include "evaluation/evaluate_questions.h"
#include "features/answer_settings.h"
#include "model_files/tokenizer_files.h"
#include "report/question_report.h"

namespace transkimmer {
namespace {

struct Questions {
  QaDataset dataset;
  std::string task = "questions";
  std::string split;
};

Questions load_all_questions(const EvaluateOptions& options, const ModelConfig& config) {
  if (options.task.empty())
    return {load_squad(options.table.path), "questions", options.table.path.filename().string()};
  const Task& task = find_task(options.task);
  check_model_kind(options.model, config.head, task);
  const auto path = find_squad_file(options.data_dir, split_from_name(options.split));
  return {load_squad(path), task.name, options.split};
}

Questions load_questions(const EvaluateOptions& options, const ModelConfig& config) {
  Questions questions = load_all_questions(options, config);
  keep_sample(questions.dataset.examples, options.max_eval_samples, options.seed);
  return questions;
}

void tell_about_cut_questions(const QaFeatures& features, const QaWindowOptions& windows) {
  if (features.truncated_questions() == 0) return;
  notices_on_standard_error()(
      fmt::format("{} of {} questions were too long for windows of {} tokens and have been cut",
                  features.truncated_questions(), features.questions(), windows.max_length));
}

/// Where every question has an answer, one is always given, as finetune does when it chooses weights.
QaDecodingOptions decoding_of(const EvaluateOptions& options, const QaDataset& dataset) {
  QaDecodingOptions decoding = decoding_options(options.answer);
  if (dataset.labelled && !dataset.some_have_no_answer()) decoding.allow_no_answer = false;
  return decoding;
}

QuestionEvaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                          const Questions& questions, const QaFeatures& features) {
  const std::optional<Engine> dense = load_dense(options, engine);
  EvaluationProgress progress(features.windows.size(), "windows");
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = progress.callback();
  QuestionEvaluation result =
      evaluate_questions(engine, dense ? &*dense : nullptr, questions.dataset, features,
                         decoding_of(options, questions.dataset), evaluation);
  progress.finish();
  return result;
}

void write_files(const EvaluateOptions& options, const QaDataset& dataset, const QuestionEvaluation& result) {
  if (!options.predictions.empty()) write_predictions(options.predictions, dataset, result.decisions);
  if (!options.null_odds.empty()) write_null_odds(options.null_odds, dataset, result.decisions);
}

}  // namespace

void evaluate_answers(const EvaluateOptions& options, const Engine& engine) {
  const Questions questions = load_questions(options, engine.config());
  const auto tokenizer = load_tokenizer(
      options.model, engine.config(),
      {.notices = notices_on_standard_error(), .split_special_tokens = options.engine.split_special_tokens});
  AnswerOptions answer = options.answer;
  answer.max_length = options.max_length;
  const QaWindowOptions windows =
      inference_windows(answer, longest_input(engine.config(), *tokenizer, options.max_length));
  const Stopwatch watch;
  const QaFeatures features =
      make_qa_windows(questions.dataset, *tokenizer, windows, static_cast<unsigned>(engine.threads()));
  EvaluationContext context = context_of(engine);
  context.tokenization_seconds = watch.seconds();
  context.task = questions.task;
  context.split = questions.split;
  tell_about_cut_questions(features, windows);
  const QuestionEvaluation result = evaluate_with_progress(options, engine, questions, features);
  const double threshold = options.answer.null_threshold;
  // For a person the scores are not lost when a file cannot be written; JSON is all or an error.
  if (!options.json) std::cout << question_evaluation_table(result, context, threshold) << std::flush;
  write_files(options, questions.dataset, result);
  if (options.json) print_json(question_evaluation_json(result, context, threshold));
}

}  // namespace transkimmer
