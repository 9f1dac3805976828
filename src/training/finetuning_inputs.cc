#include "training/finetuning_inputs.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double published_coefficient = 0.5;

/// A random choice of `count` examples in their old order: files sorted by label are common.
void sample(Dataset& dataset, std::size_t count, std::uint64_t seed) {
  if (count == 0 || count >= dataset.examples.size()) return;
  std::vector<Example> chosen;
  chosen.reserve(count);
  std::mt19937_64 random(seed);
  std::size_t left = dataset.examples.size();
  for (Example& example : dataset.examples) {
    if (random() % left < count - chosen.size()) chosen.push_back(std::move(example));
    --left;
  }
  dataset.examples = std::move(chosen);
}

void require_labels(const Dataset& dataset) {
  if (!dataset.labelled) throw UsageError(dataset.origin + ": this split has no labels to learn from");
}

FinetuningTexts load_catalogue_task(const DataOptions& options) {
  if (options.data_dir.empty()) throw UsageError("--data-dir is needed with --task");
  const Task& task = find_task(options.task);
  FinetuningTexts texts{.task = task,
                        .train = load_task(task, options.data_dir, Split::train),
                        .dev = load_task(task, options.data_dir, Split::dev)};
  require_labels(*texts.dev);
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

bool has_weights(const std::filesystem::path& directory) {
  constexpr std::array names = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin"};
  return std::ranges::any_of(names,
                             [&](const char* name) { return std::filesystem::exists(directory / name); });
}

void configure_skimming(const SkimmingOptions& options, ModelConfig& config) {
  SkimConfig& skim = config.skim;
  if (!options.enabled) {
    skim.enabled = false;  // a predictor size of 0 would not be a valid setting in config.json
    return;
  }
  const std::int64_t stored_size = skim.predictor_size > 0 ? skim.predictor_size : config.hidden_size;
  skim.enabled = true;
  skim.predictor_size = options.predictor_size.value_or(stored_size);
  skim.coefficient = options.coefficient.value_or(published_coefficient);
  skim.threshold = options.threshold.value_or(skim.threshold);
  skim.temperature = options.temperature.value_or(skim.temperature);
  skim.semantics = options.semantics.value_or(skim.semantics);
}

}  // namespace

FinetuningTexts load_texts(const DataOptions& options, std::uint64_t seed) {
  if (options.task.empty() == options.train_file.empty()) {
    throw UsageError("say what to learn from: either --task with --data-dir, or --train-file");
  }
  FinetuningTexts texts = options.task.empty() ? load_own_tables(options) : load_catalogue_task(options);
  require_labels(texts.train);
  sample(texts.train, options.max_train_samples, seed);
  if (texts.dev) sample(*texts.dev, options.max_eval_samples, seed);
  return texts;
}

ModelConfig finetuning_config(const FinetuningOptions& options, const FinetuningTexts& texts) {
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
  configure_skimming(options.skimming, config);
  return config;
}

void check_directories(const FinetuningOptions& options) {
  const auto& output = options.training.output_dir;
  const bool resuming = !options.resume_from.empty();
  if (output.empty()) throw UsageError("--output-dir is needed");
  if (std::filesystem::exists(output) && !std::filesystem::is_directory(output)) {
    throw UsageError("--output-dir: " + output.string() + " is not a directory");
  }
  if (!resuming && !options.overwrite_output_dir && std::filesystem::exists(output) &&
      !std::filesystem::is_empty(output)) {
    throw UsageError("--output-dir: " + output.string() +
                     " is not empty; say --overwrite-output-dir or --resume-from-checkpoint");
  }
  if (!std::filesystem::is_directory(options.model)) {
    throw IoError(options.model.string() + ": no such model directory");
  }
  if (!resuming && !options.from_scratch && !has_weights(options.model)) {
    throw UsageError("--model: " + options.model.string() +
                     " holds no weights (model.safetensors or pytorch_model.bin); say --from-scratch to "
                     "start from random ones");
  }
}

}  // namespace transkimmer
