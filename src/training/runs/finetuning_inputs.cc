#include "training/runs/finetuning_inputs.h"

#include <utility>

#include <fmt/format.h>

#include "datasets/plain_texts.h"
#include "datasets/sample.h"
#include "features/compared_texts.h"
#include "model_files/config/change_head.h"
#include "model_files/sentence_transformers/prompts.h"
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

/// Vectors are for ranking.
std::vector<Metric> metrics_of(const ModelConfig& config) {
  if (config.head == HeadKind::embedding) return {Metric::spearman, Metric::pearson};
  if (config.head == HeadKind::regression) return {Metric::pearson, Metric::spearman};
  return {Metric::accuracy};
}

/// Texts that the teacher answers; a validation file has the labels that it knows.
FinetuningTexts load_unlabelled_texts(const DataOptions& options, const ModelConfig& teacher) {
  const bool regression = teacher.head == HeadKind::regression || teacher.head == HeadKind::embedding;
  TableSource source{.path = {},
                     .text_column = options.text_column,
                     .text_pair_column = options.text_pair_column,
                     .label_column = options.label_column,
                     .kind = regression ? TaskKind::regression : TaskKind::classification,
                     .labels = regression ? std::vector<std::string>() : teacher.labels,
                     .labels_required = true};
  FinetuningTexts texts{.task = {}, .train = load_unlabelled(options.unlabelled, source), .dev = {}};
  texts.train.labels = source.labels;
  if (!options.validation_file.empty()) {
    source.path = options.validation_file;
    texts.dev = load_table(source);
  }
  texts.task = {.name = options.unlabelled.front().filename().string(),
                .kind = source.kind,
                .pair = !options.text_pair_column.empty(),
                .labels = source.labels,
                .metrics = metrics_of(teacher),
                .description = {}};
  return texts;
}

/// Each text of an embedder is one by itself.
FinetuningTexts with_single_texts(FinetuningTexts texts, const std::filesystem::path& model) {
  texts.compared = true;
  texts.prompt = read_prompts(model).usual;
  texts.train = single_texts(texts.train, texts.prompt);
  return texts;
}

FinetuningTexts read_texts(const FinetuningOptions& options) {
  const DataOptions& data = options.data;
  if (!data.unlabelled.empty()) {
    const ModelConfig teacher = ModelConfig::load(*options.teacher);
    FinetuningTexts texts = load_unlabelled_texts(data, teacher);
    return teacher.head == HeadKind::embedding ? with_single_texts(std::move(texts), options.model) : texts;
  }
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
  keep_sample(texts.train.examples, options.max_train_samples, seed);
  if (texts.dev) keep_sample(texts.dev->examples, options.max_eval_samples, seed);
  return texts;
}

ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts,
                              const NoticeHandler& notices) {
  ModelConfig config = kept_layers_config(options);
  if (texts.compared) {
    if (config.head != HeadKind::embedding)
      throw UsageError(
          fmt::format("--model: {} is no embedder, as --teacher is: modules.json says how its "
                      "states become a vector",
                      options.model.string()));
  } else if (texts.task.kind == TaskKind::regression) {
    config = with_head(std::move(config), HeadKind::regression);
    config.labels = {"LABEL_0"};
  } else {
    config = with_head(std::move(config), HeadKind::classification);
    config.labels = texts.train.labels.empty() ? texts.task.labels : texts.train.labels;
    if (config.labels.size() < 2) {
      throw UsageError(texts.train.origin + ": all examples have the same label, there is nothing to learn");
    }
  }
  configure_skimming(options.skimming, config, notices);
  return config;
}

std::optional<HeadKind> teaching_head(const FinetuningOptions& options) {
  if (options.data.unlabelled.empty() || !options.teacher || options.teacher->empty()) return std::nullopt;
  return ModelConfig::load(*options.teacher).head;
}

FinetuningResult run_finetuning(Trainer& trainer, const FinetuningOptions& options, FinetuningPlan plan,
                                const FinetuningEvents& events) {
  FinetuningResult result{.training = {}, .plan = std::move(plan), .chief_metric = trainer.chief_metric()};
  result.training = run_training(trainer, options, result.plan, [&] {
    if (events.on_start) events.on_start(result.plan);
  });
  return result;
}

}  // namespace transkimmer
