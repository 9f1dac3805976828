#include "training/runs/question_finetuning.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "datasets/sample.h"
#include "datasets/squad.h"
#include "features/questions/answer_settings.h"
#include "model_files/config/change_head.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/objectives/question_objective.h"
#include "training/runs/budget_setup.h"
#include "training/runs/finetuning_inputs.h"
#include "training/runs/input_limits.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct Questions {
  QaDataset dataset;
  QaFeatures windows;
};

/// Both splits as the files have them.
struct QuestionTexts {
  QaDataset train;
  std::optional<QaDataset> dev;
};

/// Of several files one; their answers, where there are any, are not looked at.
QaDataset load_unlabelled_questions(const std::vector<std::filesystem::path>& files) {
  QaDataset all;
  for (const std::filesystem::path& file : files) {
    QaDataset more = load_squad(file);
    for (QaExample& example : more.examples) {
      example.context += all.contexts.size();
      example.answers.clear();
      all.examples.push_back(std::move(example));
    }
    std::ranges::move(more.contexts, std::back_inserter(all.contexts));
  }
  all.labelled = false;
  all.origin = files.front().string();
  return all;
}

QuestionTexts read_questions(const DataOptions& options) {
  QuestionTexts texts;
  if (!options.unlabelled.empty()) {
    texts.train = load_unlabelled_questions(options.unlabelled);
    if (!options.validation_file.empty()) texts.dev = load_squad(options.validation_file);
    return texts;
  }
  const bool own_files = !options.train_file.empty();
  if (own_files == !options.data_dir.empty())
    throw UsageError("say where the questions are: either --data-dir, or --train-file");
  if (std::error_code ignored; std::filesystem::is_regular_file(options.data_dir, ignored))
    throw UsageError(
        options.data_dir.string() +
        ": --data-dir is a file, which would be learnt and validated alike; expected a folder, or "
        "--train-file and --validation-file");
  if (own_files) {
    texts.train = load_squad(options.train_file);
    if (!options.validation_file.empty()) texts.dev = load_squad(options.validation_file);
  } else {
    const Task task = find_task(options.task, options.task_file);
    texts.train = load_squad(find_squad_file(options.data_dir, Split::train, task));
    if (!options.validation_file.empty()) {
      texts.dev = load_squad(options.validation_file);
    } else if (task.has(Split::dev)) {
      texts.dev = load_squad(find_squad_file(options.data_dir, Split::dev, task));
    }
  }
  if (!texts.train.labelled) throw UsageError(texts.train.origin + ": has no answers to learn from");
  return texts;
}

QuestionTexts load_questions(const DataOptions& options, std::uint64_t seed) {
  QuestionTexts texts = read_questions(options);
  if (texts.dev && !texts.dev->labelled)
    throw UsageError(texts.dev->origin + ": has no answers to evaluate with");
  keep_sample(texts.train.examples, options.max_train_samples, seed);
  if (texts.dev) keep_sample(texts.dev->examples, options.max_eval_samples, seed);
  return texts;
}

ModelConfig question_config(const FinetuningOptions& options, const NoticeHandler& notices) {
  ModelConfig config = with_head(kept_layers_config(options), HeadKind::question_answering);
  config.labels.clear();
  configure_skimming(options.skimming, config, notices);
  return config;
}

AnswerOptions answer_options(const FinetuningOptions& options) {
  AnswerOptions answer;
  answer.max_length = options.max_length;
  answer.doc_stride = options.questions.doc_stride;
  answer.max_question_length = options.questions.max_question_length;
  return answer;
}

void tell_about_cut_questions(const QaFeatures& windows, const QaDataset& dataset,
                              const NoticeHandler& notices) {
  if (windows.truncated_questions() == 0) return;
  notify(notices, dataset.origin + ": " + std::to_string(windows.truncated_questions()) + " of " +
                      std::to_string(windows.questions()) + " questions were too long and have been cut");
}

FinetuningPlan plan_of(const FinetuningOptions& options, const TrainingModel& model,
                       const QuestionData& data) {
  return {{.config = model.config(), .parameters = model.parameters().count()},
          options.data.task.empty() ? options.data.unlabelled.front().filename().string() : options.data.task,
          data.train->questions(),
          data.train->tokens.ids.size(),
          data.train->windows.size(),
          data.dev != nullptr ? data.dev->examples.size() : 0};
}

}  // namespace

bool is_question_answering(const FinetuningOptions& options) {
  if (const auto head = teaching_head(options)) return *head == HeadKind::question_answering;
  return !options.data.task.empty() &&
         find_task(options.data.task, options.data.task_file).head == HeadKind::question_answering;
}

FinetuningResult finetune_questions(const FinetuningOptions& options, const FinetuningEvents& events) {
  const int threads = start_threads(options.threads);
  QuestionTexts texts = load_questions(options.data, options.training.seed);
  QaDataset for_threshold = texts.train;
  for_threshold.examples = take_sample(
      texts.train.examples, held_back_count(options, texts.train.examples.size()), options.training.seed);
  const ModelConfig config = question_config(options, events.notices);
  const auto tokenizer =
      load_tokenizer(options.model, config,
                     {.notices = events.notices, .split_special_tokens = options.split_special_tokens});
  const std::size_t longest = options.max_length == 0 ? longest_input(config, *tokenizer)
                                                      : static_cast<std::size_t>(config.max_tokens());
  const QaWindowOptions shape = window_options(answer_options(options), longest);
  const auto cut = [&](const QaDataset& dataset) {
    QaFeatures windows = make_qa_windows(dataset, *tokenizer, shape, static_cast<unsigned>(threads));
    tell_about_cut_questions(windows, dataset, events.notices);
    require_within_limits(windows.tokens, config, dataset.origin);
    return windows;
  };
  const QaFeatures train = cut(texts.train);
  require_reachable(config, train.tokens);
  const QaFeatures held_back = cut(for_threshold);
  const QaFeatures dev = texts.dev ? cut(*texts.dev) : QaFeatures{};
  QuestionData data{.train = &train};
  if (!held_back.windows.empty()) data.held_back = &held_back;
  if (texts.dev) {
    data.dev = &*texts.dev;
    data.dev_windows = &dev;
    data.decoding.allow_no_answer = texts.dev->some_have_no_answer();
  }
  TrainingModel model = initial_model(options, config, events.notices);
  TrainingOptions training = options.training;
  training.tokenizer_source = options.model;
  Trainer trainer(model, std::make_unique<QuestionObjective>(data, config, training), training,
                  events.training, teacher_of(options, config, events.notices));
  return run_finetuning(trainer, options, plan_of(options, model, data), events);
}

}  // namespace transkimmer
