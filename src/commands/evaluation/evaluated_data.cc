#include "commands/evaluation/evaluated_data.h"

#include <utility>

#include <fmt/format.h>

#include "base/machine/hardware.h"
#include "datasets/reranking.h"
#include "datasets/sample.h"
#include "evaluation/align_labels.h"
#include "features/compared_texts.h"
#include "model_files/config/change_head.h"
#include "model_files/model_directory.h"
#include "model_files/sentence_transformers/prompts.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Whole queries, not pairs, are chosen.
std::vector<RankedQuery> chosen_queries(const EvaluateOptions& options) {
  std::vector<RankedQuery> queries = load_ranked_queries(options.table.path);
  keep_sample(queries, options.max_eval_samples, options.seed);
  return queries;
}

EvaluatedTexts load_own_file(const EvaluateOptions& options, const ModelConfig& config) {
  TableSource source = options.table;
  source.head = config.head;
  const HeadTraits& traits = traits_of(config.head);
  if (!source.label_columns.empty() && traits.labels != LabelKind::set)
    throw UsageError(fmt::format("--label-columns is for multi-label models, but {} is a {} model",
                                 options.model.string(), traits.name));
  if (traits.classifies()) source.labels = config.labels;
  source.labels_required = options.label_column_named;
  EvaluatedTexts texts;
  texts.task = "table";
  texts.split = source.path.filename().string();
  texts.dataset = source.head == HeadKind::reranking ? pairs_of(chosen_queries(options), source.path.string())
                                                     : load_table(source);
  texts.metrics = usual_metrics(source.head);
  return texts;
}

EvaluatedTexts load_of_catalogue(const EvaluateOptions& options, const ModelConfig& config,
                                 const NoticeHandler& notices) {
  const Task task = find_task(options.task, options.named_data.task_file);
  const Split split = split_from_name(options.split);
  EvaluatedTexts texts;
  texts.task = task.name;
  texts.split = options.split;
  texts.dataset = load_task(task, options.data_dir, split);
  texts.metrics = task.metrics;
  const std::vector<std::size_t> positions = align_labels(texts.dataset, config);
  if (positions.size() == 2) texts.positive_class = static_cast<int>(positions[1]);
  tell_about_skipped_rows(texts.dataset, notices);
  return texts;
}

/// Of the file, for each example.
std::vector<std::size_t> rows_of_examples(const Dataset& dataset) {
  std::vector<std::size_t> rows;
  auto skipped = dataset.skipped_rows.begin();
  for (std::size_t row = 0; rows.size() < dataset.examples.size(); ++row) {
    if (skipped != dataset.skipped_rows.end() && *skipped == row) {
      ++skipped;
    } else {
      rows.push_back(row);
    }
  }
  return rows;
}

EvaluatedTexts load_data(const EvaluateOptions& options, const ModelConfig& config,
                         const NoticeHandler& notices) {
  EvaluatedTexts texts =
      options.task.empty() ? load_own_file(options, config) : load_of_catalogue(options, config, notices);
  texts.indices = rows_of_examples(texts.dataset);
  if (texts.dataset.queries.empty()) {
    keep_sample(texts.indices, options.max_eval_samples, options.seed);
    keep_sample(texts.dataset.examples, options.max_eval_samples, options.seed);
  }
  if (!texts.dataset.labelled && options.json)  // the table says so itself
    notify(notices, texts.dataset.origin + ": has no labels, so there is nothing to score");
  return texts;
}

/// Of models that answer no questions.
void refuse_question_options(const EvaluateOptions& options, HeadKind head) {
  if (!options.question_options.empty())
    throw UsageError(fmt::format("{} is for question answering models, but {} is a {} model",
                                 options.question_options.front(), options.model.string(), name_of(head)));
}

}  // namespace

void check_model_kind(const std::filesystem::path& model, HeadKind head, const Task& task) {
  // How alike two texts are is also the cosine of their vectors.
  const bool compares = head == HeadKind::embedding && task.pair && task.head == HeadKind::regression;
  if (head != task.head && !compares)
    throw UsageError(fmt::format("{} is a {} model, but {} is a {} task", model.string(), name_of(head),
                                 task.name, name_of(task.head)));
}

namespace {

void check_data_kind(const EvaluateOptions& options, HeadKind head) {
  if (head != HeadKind::question_answering) refuse_question_options(options, head);
  if (head != HeadKind::token_classification && options.tags.given())
    throw UsageError(
        fmt::format("--tag-column and --label-names are for token classification models, but {} is a "
                    "{} model",
                    options.model.string(), name_of(head)));
  if (!options.task.empty())
    return check_model_kind(options.model, head, find_task(options.task, options.named_data.task_file));
  if (!traits_of(head).is_finetuned)
    throw UsageError(fmt::format("{} holds a {} model, but the labels of a table are those of whole texts",
                                 options.model.string(), name_of(head)));
}

ModelConfig as_reranker(const std::filesystem::path& directory, ModelConfig config) {
  if (config.head == HeadKind::reranking) return config;
  if (config.head != HeadKind::regression)
    throw UsageError(fmt::format("--head reranker: {} is a {} model, expected one of one label",
                                 directory.string(), name_of(config.head)));
  return with_head(std::move(config), HeadKind::reranking);
}

}  // namespace

ModelConfig evaluated_config(const EvaluateOptions& options) {
  ModelConfig config = ModelConfig::load(options.model);
  require_task_head(options.model, config);
  if (options.head) config = as_reranker(options.model, std::move(config));
  check_data_kind(options, config.head);
  return config;
}

EvaluatedTexts read_texts(const EvaluateOptions& options, const Engine& engine,
                          const NoticeHandler& notices) {
  EvaluatedTexts texts = load_data(options, engine.config(), notices);
  const auto tokenizer =
      load_tokenizer(options.model, engine.config(),
                     {.notices = notices, .split_special_tokens = options.engine.split_special_tokens});
  const Stopwatch watch;
  const std::size_t longest = longest_input(engine.config(), *tokenizer, options.max_length);
  const auto threads = static_cast<unsigned>(engine.threads());
  texts.encoded =
      engine.config().head == HeadKind::embedding
          ? encode_compared(texts.dataset, read_prompts(options.model).usual, *tokenizer, longest, threads)
          : encode_dataset(texts.dataset, *tokenizer, longest, threads);
  texts.tokenization_seconds = watch.seconds();
  require_tokens(texts.encoded, texts.dataset.origin);
  tell_about_cut_texts(texts.encoded, texts.dataset, longest, notices);
  return texts;
}

Evaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedTexts& texts,
                    EvaluationOptions options) {
  options.positive_class = texts.positive_class;
  return evaluate(engine, dense, texts.encoded, texts.metrics, options);
}

QuestionEvaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedQuestions& questions,
                            const EvaluationOptions& options) {
  return evaluate_questions(engine, dense, questions.dataset, questions.features, questions.decoding,
                            options);
}

TagEvaluation evaluate(const Engine& engine, const Engine* dense, const EvaluatedTags& tags,
                       const EvaluationOptions& options) {
  return evaluate_tags(engine, dense, tags.features, tags.labels, options);
}

EvaluationContext context_of(const Engine& engine, const EvaluatedData& data) {
  EvaluationContext context;
  context.task = data.task;
  context.split = data.split;
  context.tokenization_seconds = data.tokenization_seconds;
  context.skimming = engine.skimming();
  context.threshold = engine.skim_threshold();
  context.threads = engine.threads();
  context.precision = name_of(engine.precision());
  context.hardware = hardware_description();
  return context;
}

}  // namespace transkimmer
