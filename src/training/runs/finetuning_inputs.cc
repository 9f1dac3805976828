#include "training/runs/finetuning_inputs.h"

#include <utility>

#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/plain_texts.h"
#include "datasets/reranking.h"
#include "datasets/sample.h"
#include "datasets/stratified.h"
#include "features/compared_texts.h"
#include "model_files/config/change_head.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/sentence_transformers/prompts.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void require_labels(const Dataset& dataset) {
  if (!dataset.labelled) throw UsageError(dataset.origin + ": this split has no labels to learn from");
}

FinetuningTexts load_catalogue_task(const DataOptions& options) {
  if (options.data_dir.empty()) throw UsageError("--data-dir is needed with --task");
  const Task task = find_task(options.task, options.task_file);
  FinetuningTexts texts{
      .task = task, .train = load_task(task, options.data_dir, Split::train), .dev = std::nullopt};
  if (task.has(Split::dev)) texts.dev = load_task(task, options.data_dir, Split::dev);
  return texts;
}

HeadKind head_for_tables(const DataOptions& options) {
  if (options.multi_label || !options.label_columns.empty()) return HeadKind::multi_label;
  return options.regression ? HeadKind::regression : HeadKind::classification;
}

/// A choice of queries, whole, with all their documents.
Dataset load_queries(const std::filesystem::path& file, std::size_t samples, std::uint64_t seed) {
  std::vector<RankedQuery> queries = load_ranked_queries(file);
  keep_sample(queries, samples, seed);
  return pairs_of(queries, file.string());
}

FinetuningTexts load_rerankings(const DataOptions& options, std::uint64_t seed) {
  FinetuningTexts texts{.task = {.name = options.train_file.filename().string(),
                                 .head = HeadKind::reranking,
                                 .pair = true,
                                 .labels = {},
                                 .metrics = usual_metrics(HeadKind::reranking),
                                 .description = {}},
                        .train = load_queries(options.train_file, options.max_train_samples, seed),
                        .dev = {}};
  if (!options.validation_file.empty())
    texts.dev = load_queries(options.validation_file, options.max_eval_samples, seed);
  return texts;
}

FinetuningTexts load_own_tables(const DataOptions& options, std::uint64_t seed) {
  TableSource source{.path = options.train_file,
                     .text_column = options.text_column,
                     .text_pair_column = options.text_pair_column,
                     .label_column = options.label_column,
                     .label_columns = options.label_columns,
                     .head = head_for_tables(options),
                     .labels = {},
                     .labels_required = true};
  FinetuningTexts texts{.task = {}, .train = load_table(source), .dev = {}};
  if (!options.validation_file.empty()) {
    source.path = options.validation_file;
    source.labels = texts.train.labels;
    texts.dev = load_table(source);
  } else if (options.validation_share > 0) {
    texts.dev = take_share(texts.train, options.validation_share, seed);
  }
  texts.task = {.name = options.train_file.filename().string(),
                .head = source.head,
                .pair = !options.text_pair_column.empty(),
                .labels = texts.train.labels,
                .metrics = usual_metrics(source.head),
                .description = {}};
  return texts;
}

/// Texts that the teacher answers; a validation file has the labels that it knows.
FinetuningTexts load_unlabelled_texts(const DataOptions& options, const ModelConfig& teacher,
                                      std::uint64_t seed) {
  TableSource source{
      .path = {},
      .text_column = options.text_column,
      .text_pair_column = options.text_pair_column,
      .label_column = options.label_column,
      .label_columns = options.label_columns,
      .head = teacher.head,
      .labels = traits_of(teacher.head).classifies() ? teacher.labels : std::vector<std::string>(),
      .labels_required = true};
  FinetuningTexts texts{.task = {}, .train = load_unlabelled(options.unlabelled, source), .dev = {}};
  texts.train.labels = source.labels;
  if (!options.validation_file.empty()) {
    source.path = options.validation_file;
    texts.dev = teacher.head == HeadKind::reranking
                    ? load_queries(options.validation_file, options.max_eval_samples, seed)
                    : load_table(source);
  }
  texts.task = {.name = options.unlabelled.front().filename().string(),
                .head = source.head,
                .pair = !options.text_pair_column.empty(),
                .labels = source.labels,
                .metrics = usual_metrics(source.head),
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
  const std::uint64_t seed = options.training.seed;
  if (!data.unlabelled.empty()) {
    const ModelConfig teacher = ModelConfig::load(*options.teacher);
    FinetuningTexts texts = load_unlabelled_texts(data, teacher, seed);
    return teacher.head == HeadKind::embedding ? with_single_texts(std::move(texts), options.model) : texts;
  }
  if (data.reranking) return load_rerankings(data, seed);
  FinetuningTexts texts = data.task.empty() ? load_own_tables(data, seed) : load_catalogue_task(data);
  require_labels(texts.train);
  return texts;
}

}  // namespace

namespace {

/// What users want to know of files that nobody else has looked at.
void tell_about_own_data(const FinetuningTexts& texts, const NoticeHandler& notices) {
  for (const std::string& remark : remarks_about(texts.train)) notify(notices, remark);
  if (!texts.dev) return;
  const Duplicates twice = duplicates_between(texts.train, *texts.dev);
  if (twice.count > 0)
    notify(
        notices,
        fmt::format("{}: {} of {} validation examples are among the training examples, {} the first: scores "
                    "are better than they will be on other texts",
                    texts.dev->origin, twice.count, texts.dev->examples.size(), in_quotes(twice.first)));
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
  if (!options.train_file.empty()) tell_about_own_data(texts, notices);
  return texts;
}

namespace {

/// As config.json will name them.
std::vector<std::string> labels_to_learn(const FinetuningTexts& texts) {
  if (!traits_of(texts.task.head).classifies()) return {"LABEL_0"};
  std::vector<std::string> labels = texts.train.labels.empty() ? texts.task.labels : texts.train.labels;
  if (labels.size() < 2 && texts.task.head == HeadKind::classification)
    throw UsageError(texts.train.origin + ": all examples have the same label, there is nothing to learn");
  return labels;
}

}  // namespace

ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts,
                              const NoticeHandler& notices) {
  ModelConfig config = kept_layers_config(options);
  if (texts.task.head == HeadKind::embedding) {
    if (config.head != HeadKind::embedding)
      throw UsageError(
          fmt::format("--model: {} is no embedder, as --teacher is: modules.json says how its "
                      "states become a vector",
                      options.model.string()));
  } else {
    config = with_head(std::move(config), texts.task.head);
    config.labels = labels_to_learn(texts);
  }
  configure_skimming(options.skimming, config, notices);
  return config;
}

namespace {

std::vector<double> balanced_weights(const Dataset& train, const ModelConfig& config) {
  std::vector<std::size_t> counts(config.labels.size());
  for (const Example& example : train.examples) ++counts[static_cast<std::size_t>(example.label)];
  std::vector<double> weights;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    if (counts[label] == 0)
      throw UsageError(fmt::format("--class-weights balanced: {} has no example of {}", train.origin,
                                   in_quotes(config.labels[label])));
    weights.push_back(static_cast<double>(train.examples.size()) /
                      static_cast<double>(counts.size() * counts[label]));
  }
  return weights;
}

std::vector<double> weights_in_file(const std::filesystem::path& file, const ModelConfig& config) {
  const std::string origin = file.string();
  const nlohmann::json root = read_json(file);
  if (!root.is_object())
    throw FormatError(
        fmt::format("{}: found {}, expected an object of labels and weights", origin, shown(root)));
  const JsonFields fields(root, origin);
  constexpr RealRange kWeights = {0.0, 1e6};
  std::vector<double> weights;
  for (const std::string& label : config.labels) {
    if (fields.find(label.c_str()) == nullptr) fields.fail_missing(label.c_str());
    weights.push_back(fields.real(label.c_str(), kWeights, 0));
  }
  if (root.size() != weights.size())
    throw FormatError(fmt::format("{}: has {} weights, expected one for each of the labels {}", origin,
                                  root.size(), names_in_quotes(config.labels)));
  return weights;
}

}  // namespace

std::vector<double> class_weights(const FinetuningOptions& options, const Dataset& train,
                                  const ModelConfig& config) {
  if (options.class_weights.empty()) return {};
  if (traits_of(config.head).output != Output::labels || traits_of(config.head).labels != LabelKind::one)
    throw UsageError(fmt::format("--class-weights is for labels of texts, not for {}", name_of(config.head)));
  return options.class_weights == kBalanced ? balanced_weights(train, config)
                                            : weights_in_file(options.class_weights, config);
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
