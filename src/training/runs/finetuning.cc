#include "training/runs/finetuning.h"

#include <algorithm>

#include <fmt/format.h>

#include "datasets/sample.h"
#include "features/compared_texts.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "training/runs/budget_setup.h"
#include "training/runs/finetuning_inputs.h"
#include "training/runs/input_limits.h"
#include "training/runs/question_finetuning.h"
#include "training/runs/tag_finetuning.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Options of tables, which neither a task nor a file of questions has.
bool has_table_options(const DataOptions& options) {
  const DataOptions usual;
  return options.regression || !options.text_pair_column.empty() ||
         options.text_column != usual.text_column || options.label_column != usual.label_column;
}

/// Of texts that a teacher answers.
void check_unlabelled_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (!data.task.empty() || !data.train_file.empty() || !data.data_dir.empty() || data.regression)
    throw UsageError(
        "--unlabelled stands in place of --task, --data-dir, --train-file and --regression: the teacher says "
        "what is answered");
  const HeadKind head = ModelConfig::load(*options.teacher).head;
  if (!traits_of(head).is_finetuned)
    throw UsageError(
        fmt::format("--teacher: {} has head {}, expected a classifier, a regressor, a reranker, a tagger, an "
                    "embedder or a "
                    "model that answers questions",
                    options.teacher->string(), name_of(head)));
  if (head == HeadKind::reranking && data.text_pair_column.empty())
    throw UsageError(
        fmt::format("--unlabelled: {} ranks pairs of a query and a text, which --text-column and "
                    "--text-pair-column name",
                    options.teacher->string()));
}

/// What the labels of one's own files are.
void check_label_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  const bool sets = data.multi_label || !data.label_columns.empty();
  if (int{data.regression} + int{sets} + int{data.reranking} + int{data.token_classification} > 1)
    throw UsageError(
        "--regression, --multi-label (or --label-columns), --token-classification and --head exclude each "
        "other");
  // Of texts that a teacher answers, the columns are those of --validation-file.
  const bool columns_alone = !data.unlabelled.empty() && !data.multi_label && !data.reranking;
  if ((sets || data.reranking) && !columns_alone && (data.train_file.empty() || !data.task.empty()))
    throw UsageError("--multi-label, --label-columns and --head go with --train-file");
  if (data.reranking && has_table_options(data))
    throw UsageError(
        "--head reranker reads query, positive and negative: --text-column, --text-pair-column and "
        "--label-column are for tables");
}

/// Whether what is trained takes queries with documents, whose queries can be protected.
bool has_queries(const FinetuningOptions& options) {
  return options.data.reranking || teaching_head(options) == HeadKind::reranking;
}

/// Of texts to classify: a task, or one's own files.
void check_text_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (!data.unlabelled.empty()) return check_unlabelled_options(options);
  if (data.task.empty() == data.train_file.empty())
    throw UsageError("say what to learn from: either --task, or --train-file");
  if (!data.task.empty() && (has_table_options(data) || !data.validation_file.empty()))
    throw UsageError(
        "--validation-file, --text-column, --text-pair-column, --label-column and --regression go "
        "with --train-file, not with --task");
  if (!data.train_file.empty() && !data.data_dir.empty())
    throw UsageError("--data-dir goes with --task, not with --train-file");
  if (options.questions.doc_stride || options.questions.max_question_length > 0 ||
      (options.skimming.protection == SkimProtection::question && !has_queries(options)))
    throw UsageError(
        "--doc-stride, --max-question-length and --protect question are for questions: --task "
        "squad_v2");
}

/// Throws UsageError where options want something of validation data that there is not.
void check_validation_options(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  const bool own_table = data.task.empty() && !data.train_file.empty() && !data.reranking &&
                         !is_token_classification(options) && !is_question_answering(options);
  if (data.validation_share > 0 && (!own_table || !data.validation_file.empty()))
    throw UsageError("--validation-share is for a --train-file of texts without a --validation-file");
  const bool validated = !data.task.empty() || !data.validation_file.empty() || data.validation_share > 0;
  if (options.training.early_stopping_patience > 0 && !validated)
    throw UsageError(
        "--early-stopping-patience needs something to evaluate: --validation-file or --validation-share");
}

/// Throws UsageError for options that do not go together.
void check_options(const FinetuningOptions& options) {
  check_label_options(options);
  check_validation_options(options);
  if (is_token_classification(options)) {
    if (!options.data.unlabelled.empty()) check_unlabelled_options(options);
    return check_tag_options(options);
  }
  if (options.data.tags.column > 0 || !options.data.tags.label_names.empty())
    throw UsageError("--tag-column and --label-names are for words with tags: --token-classification");
  if (!is_question_answering(options)) return check_text_options(options);
  if (!options.data.unlabelled.empty()) check_unlabelled_options(options);
  if (has_table_options(options.data))
    throw UsageError(
        "--text-column, --text-pair-column, --label-column and --regression are for tables, not for "
        "questions");
}

Dataset hold_back(Dataset& train, const FinetuningOptions& options) {
  Dataset held_back = {
      .examples = {}, .labels = train.labels, .labelled = train.labelled, .origin = train.origin};
  train.queries.clear();  // learnt from and held back pair by pair
  held_back.examples =
      take_sample(train.examples, held_back_count(options, train.examples.size()), options.training.seed);
  return held_back;
}

FinetuningPlan plan_of(const FinetuningTexts& texts, const TrainingModel& model,
                       const EncodedDataset& train) {
  return {{.config = model.config(), .parameters = model.parameters().count()},
          texts.task.name,
          train.size(),
          train.ids.size(),
          0,
          texts.dev ? texts.dev->examples.size() : 0};
}

/// An embedder learns to skim from its own vectors where nobody else teaches it.
FinetuningOptions with_teacher(FinetuningOptions options) {
  if (options.data.unlabelled.empty() || (options.teacher && !options.teacher->empty())) return options;
  if (options.teacher || ModelConfig::load(options.model).head != HeadKind::embedding)
    throw UsageError("--unlabelled needs --teacher: a model whose answers are learnt");
  options.teacher = options.model;
  return options;
}

}  // namespace

void check_finetuning_options(const FinetuningOptions& options) {
  const FinetuningOptions taught = with_teacher(options);
  check_options(taught);
  check_run_options(taught);
}

FinetuningResult finetune(const FinetuningOptions& asked, const FinetuningEvents& events) {
  const FinetuningOptions taught = with_teacher(asked);
  check_options(taught);
  check_run_options(taught);
  const FinetuningOptions options = with_usual_budget(taught);
  if (is_token_classification(options)) return finetune_tags(options, events);
  if (is_question_answering(options)) return finetune_questions(options, events);
  const int threads = start_threads(options.threads);
  FinetuningTexts texts = load_texts(options, events.notices);
  const Dataset for_threshold = hold_back(texts.train, options);
  const ModelConfig config = finetuning_config(options, texts, events.notices);
  const auto tokenizer =
      load_tokenizer(options.model, config,
                     {.notices = events.notices, .split_special_tokens = options.split_special_tokens});
  const std::size_t max_length = usual_max_length(options.max_length, config, *tokenizer);
  const auto encode = [&](const Dataset& dataset) {
    EncodedDataset encoded =
        texts.compared && dataset.labelled
            ? encode_compared(dataset, texts.prompt, *tokenizer, max_length, static_cast<unsigned>(threads))
            : encode_dataset(dataset, *tokenizer, max_length, static_cast<unsigned>(threads));
    require_within_limits(encoded, config, dataset.origin);
    tell_about_cut_texts(encoded, dataset, max_length, events.notices);
    return encoded;
  };
  const EncodedDataset train = encode(texts.train);
  require_reachable(config, train);
  const EncodedDataset held_back = encode(for_threshold);
  const EncodedDataset dev = texts.dev ? encode(*texts.dev) : EncodedDataset{};
  TrainingModel model = initial_model(options, config, events.notices);
  TrainingOptions training = options.training;
  training.tokenizer_source = options.model;
  training.class_weights = class_weights(options, texts.train, config);
  Trainer trainer(model,
                  {.train = &train,
                   .held_back = held_back.size() > 0 ? &held_back : nullptr,
                   .dev = texts.dev ? &dev : nullptr,
                   .metrics = texts.task.metrics},
                  training, events.training, teacher_of(options, config, events.notices));
  return run_finetuning(trainer, options, plan_of(texts, model, train), events);
}

}  // namespace transkimmer
