#include "training/runs/finetuning_inputs.h"

#include <utility>

#include "datasets/plain_texts.h"
#include "datasets/reranking.h"
#include "datasets/sample.h"
#include "model_files/config/change_head.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void require_labels(const Dataset& dataset) {
  if (!dataset.labelled) throw UsageError(dataset.origin + ": this split has no labels to learn from");
}

FinetuningTexts load_catalogue_task(const DataOptions& options) {
  if (options.data_dir.empty()) throw UsageError("--data-dir is needed with --task");
  const Task& task = find_task(options.task);
  FinetuningTexts texts{.task = task,
                        .train = load_task(task, options.data_dir, Split::train),
                        .dev = load_task(task, options.data_dir, Split::dev)};
  return texts;
}

TaskKind kind_of(const DataOptions& options) {
  if (options.multi_label || !options.label_columns.empty()) return TaskKind::multi_label;
  return options.regression ? TaskKind::regression : TaskKind::classification;
}

/// A choice of queries, whole, with all their documents.
Dataset load_queries(const std::filesystem::path& file, std::size_t samples, std::uint64_t seed) {
  std::vector<RankedQuery> queries = load_ranked_queries(file);
  keep_sample(queries, samples, seed);
  return pairs_of(queries, file.string());
}

FinetuningTexts load_rerankings(const DataOptions& options, std::uint64_t seed) {
  FinetuningTexts texts{.task = {.name = options.train_file.filename().string(),
                                 .kind = TaskKind::reranking,
                                 .pair = true,
                                 .labels = {},
                                 .metrics = usual_metrics(TaskKind::reranking),
                                 .description = {}},
                        .train = load_queries(options.train_file, options.max_train_samples, seed),
                        .dev = {}};
  if (!options.validation_file.empty())
    texts.dev = load_queries(options.validation_file, options.max_eval_samples, seed);
  return texts;
}

FinetuningTexts load_own_tables(const DataOptions& options) {
  TableSource source{.path = options.train_file,
                     .text_column = options.text_column,
                     .text_pair_column = options.text_pair_column,
                     .label_column = options.label_column,
                     .label_columns = options.label_columns,
                     .kind = kind_of(options),
                     .labels = {},
                     .labels_required = true};
  FinetuningTexts texts{.task = {}, .train = load_table(source), .dev = {}};
  if (!options.validation_file.empty()) {
    source.path = options.validation_file;
    source.labels = texts.train.labels;
    texts.dev = load_table(source);
  }
  texts.task = {.name = options.train_file.filename().string(),
                .kind = source.kind,
                .pair = !options.text_pair_column.empty(),
                .labels = texts.train.labels,
                .metrics = usual_metrics(source.kind),
                .description = {}};
  return texts;
}

/// Texts that the teacher answers; a validation file has the labels that it knows.
FinetuningTexts load_unlabelled_texts(const DataOptions& options, const ModelConfig& teacher,
                                      std::uint64_t seed) {
  const TaskKind kind = kind_of(teacher.head);
  const bool named = kind == TaskKind::classification || kind == TaskKind::multi_label;
  TableSource source{.path = {},
                     .text_column = options.text_column,
                     .text_pair_column = options.text_pair_column,
                     .label_column = options.label_column,
                     .label_columns = options.label_columns,
                     .kind = kind,
                     .labels = named ? teacher.labels : std::vector<std::string>(),
                     .labels_required = true};
  FinetuningTexts texts{.task = {}, .train = load_unlabelled(options.unlabelled, source), .dev = {}};
  texts.train.labels = source.labels;
  if (!options.validation_file.empty()) {
    source.path = options.validation_file;
    texts.dev = kind == TaskKind::reranking
                    ? load_queries(options.validation_file, options.max_eval_samples, seed)
                    : load_table(source);
  }
  texts.task = {.name = options.unlabelled.front().filename().string(),
                .kind = source.kind,
                .pair = !options.text_pair_column.empty(),
                .labels = source.labels,
                .metrics = usual_metrics(kind),
                .description = {}};
  return texts;
}

FinetuningTexts read_texts(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  const std::uint64_t seed = options.training.seed;
  if (!data.unlabelled.empty()) return load_unlabelled_texts(data, ModelConfig::load(*options.teacher), seed);
  if (data.reranking) return load_rerankings(data, seed);
  FinetuningTexts texts = data.task.empty() ? load_own_tables(data) : load_catalogue_task(data);
  require_labels(texts.train);
  return texts;
}

}  // namespace

FinetuningTexts load_texts(const FinetuningOptions& finetuning, const NoticeHandler& notices) {
  const DataOptions& options = finetuning.data;
  const std::uint64_t seed = finetuning.training.seed;
  FinetuningTexts texts = read_texts(finetuning);
  if (texts.dev && !texts.dev->labelled)
    throw UsageError(texts.dev->origin + ": this split has no labels to choose the best weights by");
  tell_about_skipped_rows(texts.train, notices);
  if (texts.dev) tell_about_skipped_rows(*texts.dev, notices);
  // Of queries a choice was made already: whole ones.
  if (texts.train.queries.empty()) keep_sample(texts.train.examples, options.max_train_samples, seed);
  if (texts.dev && texts.dev->queries.empty())
    keep_sample(texts.dev->examples, options.max_eval_samples, seed);
  return texts;
}

ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts,
                              const NoticeHandler& notices) {
  ModelConfig config = kept_layers_config(options);
  config = with_head(std::move(config), head_for(texts.task.kind));
  if (config.head == HeadKind::regression || config.head == HeadKind::reranking) {
    config.labels = {"LABEL_0"};
  } else {
    config.labels = texts.train.labels.empty() ? texts.task.labels : texts.train.labels;
    if (config.labels.size() < 2 && config.head == HeadKind::classification) {
      throw UsageError(texts.train.origin + ": all examples have the same label, there is nothing to learn");
    }
  }
  configure_skimming(options.skimming, config, notices);
  return config;
}

}  // namespace transkimmer
