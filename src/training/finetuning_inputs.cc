#include "training/finetuning_inputs.h"

#include <utility>

#include "datasets/sample.h"
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

FinetuningTexts load_own_tables(const DataOptions& options) {
  TableSource source{.path = options.train_file,
                     .text_column = options.text_column,
                     .text_pair_column = options.text_pair_column,
                     .label_column = options.label_column,
                     .kind = options.regression ? TaskKind::regression : TaskKind::classification,
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
                .metrics = options.regression ? std::vector{Metric::pearson, Metric::spearman}
                                              : std::vector{Metric::accuracy},
                .description = {}};
  return texts;
}

}  // namespace

FinetuningTexts load_texts(const DataOptions& options, std::uint64_t seed, const NoticeHandler& notices) {
  FinetuningTexts texts = options.task.empty() ? load_own_tables(options) : load_catalogue_task(options);
  require_labels(texts.train);
  if (texts.dev) require_labels(*texts.dev);
  tell_about_skipped_rows(texts.train, notices);
  if (texts.dev) tell_about_skipped_rows(*texts.dev, notices);
  keep_sample(texts.train.examples, options.max_train_samples, seed);
  if (texts.dev) keep_sample(texts.dev->examples, options.max_eval_samples, seed);
  return texts;
}

ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts,
                              const NoticeHandler& notices) {
  ModelConfig config = ModelConfig::load(options.model);
  if (texts.task.kind == TaskKind::regression) {
    config.head = HeadKind::regression;
    config.labels = {"LABEL_0"};
  } else {
    config.head = HeadKind::classification;
    config.labels = texts.train.labels.empty() ? texts.task.labels : texts.train.labels;
    if (config.labels.size() < 2) {
      throw UsageError(texts.train.origin + ": all examples have the same label, there is nothing to learn");
    }
  }
  configure_skimming(options.skimming, config, notices);
  return config;
}

}  // namespace transkimmer
