// The part of evaluated_data.h that reads questions.
#include <string>
#include <utility>

#include <fmt/format.h>

#include "commands/evaluation/evaluated_data.h"
#include "datasets/sample.h"
#include "features/questions/answer_settings.h"
#include "model_files/tokenizers/tokenizer_files.h"

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
  const Task task = find_task(options.task, options.named_data.task_file);
  check_model_kind(options.model, config.head, task);
  const auto path = find_squad_file(options.data_dir, split_from_name(options.split), task);
  return {load_squad(path), task.name, options.split};
}

Questions load_questions(const EvaluateOptions& options, const ModelConfig& config) {
  Questions questions = load_all_questions(options, config);
  keep_sample(questions.dataset.examples, options.max_eval_samples, options.seed);
  return questions;
}

void tell_about_cut_questions(const QaFeatures& features, const QaWindowOptions& windows,
                              const NoticeHandler& notices) {
  if (features.truncated_questions() == 0) return;
  notify(notices, fmt::format("{} of {} questions were too long for windows of {} tokens and have been cut",
                              features.truncated_questions(), features.questions(), windows.max_length));
}

/// Where every question has an answer, one is always given, as finetune does when it chooses weights.
QaDecodingOptions decoding_of(const EvaluateOptions& options, const QaDataset& dataset) {
  QaDecodingOptions decoding = decoding_options(options.answer);
  if (dataset.labelled && !dataset.some_have_no_answer()) decoding.allow_no_answer = false;
  return decoding;
}

}  // namespace

EvaluatedQuestions read_questions(const EvaluateOptions& options, const Engine& engine,
                                  const NoticeHandler& notices) {
  Questions questions = load_questions(options, engine.config());
  const auto tokenizer =
      load_tokenizer(options.model, engine.config(),
                     {.notices = notices, .split_special_tokens = options.engine.split_special_tokens});
  AnswerOptions answer = options.answer;
  answer.max_length = options.max_length;
  const QaWindowOptions windows =
      inference_windows(answer, longest_input(engine.config(), *tokenizer, options.max_length));
  EvaluatedQuestions read;
  const Stopwatch watch;
  read.features =
      make_qa_windows(questions.dataset, *tokenizer, windows, static_cast<unsigned>(engine.threads()));
  read.tokenization_seconds = watch.seconds();
  tell_about_cut_questions(read.features, windows, notices);
  read.task = std::move(questions.task);
  read.split = std::move(questions.split);
  read.decoding = decoding_of(options, questions.dataset);
  read.dataset = std::move(questions.dataset);
  return read;
}

}  // namespace transkimmer
