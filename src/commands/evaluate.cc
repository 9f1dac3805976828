#include "evaluation/evaluate.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/hardware.h"
#include "base/progress.h"
#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/output.h"
#include "evaluation/align_labels.h"
#include "features/encoded_dataset.h"
#include "model_files/tokenizer_files.h"
#include "report/evaluation_report.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

struct EvaluateOptions {
  std::filesystem::path model;
  std::string task;
  std::filesystem::path data_dir;
  std::string split = "dev";
  TableSource table;
  EngineOptions engine;
  EvaluationOptions evaluation;
  std::size_t max_length = 0;
  bool compare = true;
  bool json = false;
};

/// The data, its metrics and the name they are reported under.
struct EvaluationData {
  Dataset dataset;
  std::vector<Metric> metrics;
  std::string task;
  std::string split;
};

void check_data_options(const EvaluateOptions& options) {
  const bool of_catalogue = !options.task.empty() && !options.data_dir.empty();
  const bool own_file = !options.table.path.empty();
  if (of_catalogue == own_file || options.task.empty() != options.data_dir.empty())
    throw UsageError("give either --task with --data-dir, or --validation-file");
}

EvaluationData load_own_file(const EvaluateOptions& options, const ModelConfig& config) {
  TableSource source = options.table;
  const bool regression = config.head == HeadKind::regression;
  source.kind = regression ? TaskKind::regression : TaskKind::classification;
  if (!regression) source.labels = config.labels;
  source.labels_required = false;
  const auto metrics =
      regression ? std::vector{Metric::pearson, Metric::spearman} : std::vector{Metric::accuracy};
  return {load_table(source), metrics, "table", source.path.filename().string()};
}

EvaluationData load_of_catalogue(const EvaluateOptions& options, const ModelConfig& config) {
  const Task& task = find_task(options.task);
  const Split split = split_from_name(options.split);
  const bool regression = task.kind == TaskKind::regression;
  if (regression != (config.head == HeadKind::regression))
    throw UsageError(fmt::format("{} is a {} model, but {} is a {} task", options.model.string(),
                                 name_of(config.head), task.name,
                                 regression ? "regression" : "classification"));
  EvaluationData data{load_task(task, options.data_dir, split), task.metrics, task.name, options.split};
  align_labels(data.dataset, config);
  return data;
}

EvaluationData load_data(const EvaluateOptions& options, const ModelConfig& config) {
  if (config.head == HeadKind::question_answering)
    throw UsageError(options.model.string() + " holds a question answering model, not a classifier");
  return options.task.empty() ? load_own_file(options, config) : load_of_catalogue(options, config);
}

EncodedDataset tokenize(const EvaluateOptions& options, const Dataset& dataset, const Tokenizer& tokenizer,
                        const Engine& engine) {
  const auto longest = static_cast<std::size_t>(engine.config().max_tokens());
  return encode_dataset(dataset, tokenizer,
                        options.max_length == 0 ? longest : std::min(options.max_length, longest),
                        static_cast<unsigned>(engine.threads()));
}

/// The same weights without skimming, when they are to be compared with.
std::optional<Engine> load_dense(const EvaluateOptions& options, const Engine& engine) {
  if (!options.compare || !engine.skimming()) return std::nullopt;
  EngineOptions dense = options.engine;
  dense.skimming = false;
  return Engine::load(options.model, dense);
}

Evaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                  const EncodedDataset& encoded, std::span<const Metric> metrics) {
  const std::optional<Engine> dense = load_dense(options, engine);
  ProgressOptions line;
  line.total = static_cast<std::int64_t>(encoded.size());
  line.title = "evaluating";
  line.unit = "examples";
  ProgressLine progress(line);
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = [&](std::size_t done, std::size_t) {
    progress.update(static_cast<std::int64_t>(done));
  };
  Evaluation result = evaluate(engine, dense ? &*dense : nullptr, encoded, metrics, evaluation);
  progress.finish();
  return result;
}

void run_evaluate(const EvaluateOptions& options) {
  check_data_options(options);
  const Engine engine = Engine::load(options.model, options.engine, notices_on_standard_error());
  const EvaluationData data = load_data(options, engine.config());
  const auto tokenizer = load_tokenizer(options.model, engine.config());
  const auto start = Clock::now();
  const EncodedDataset encoded = tokenize(options, data.dataset, *tokenizer, engine);
  const std::chrono::duration<double> tokenization = Clock::now() - start;
  const Evaluation result = evaluate_with_progress(options, engine, encoded, data.metrics);
  const EvaluationContext context{.task = data.task,
                                  .split = data.split,
                                  .skimming = engine.skimming(),
                                  .threshold = engine.skim_threshold(),
                                  .threads = engine.threads(),
                                  .precision = std::string(name_of(engine.precision())),
                                  .hardware = hardware_description(),
                                  .tokenization_seconds = tokenization.count()};
  if (options.json) {
    print_json(evaluation_json(result, context));
  } else {
    std::cout << evaluation_table(result, context);
  }
}

void add_data_options(CLI::App& command, EvaluateOptions& options) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Data");
  };
  add("--task", options.task, "NAME", "Task of the catalogue (sst2, mrpc, imdb, ...)");
  add("--data-dir", options.data_dir, "DIR", "Folder that holds the task's files");
  add("--split", options.split, "NAME", "train, dev or test");
  add("--validation-file", options.table.path, "FILE",
      "Your own .csv, .tsv or .jsonl file instead of a task");
  add("--text-column", options.table.text_column, "NAME", "Column or key of the text in your own file");
  add("--text-pair-column", options.table.text_pair_column, "NAME", "The same of the second text, for pairs");
  add("--label-column", options.table.label_column, "NAME",
      "The same of the label; without such a column nothing is scored");
  add("--max-length", options.max_length, "N",
      "Cut inputs to N tokens, special tokens included; 0: as long as the model allows")
      ->check(whole_number(0, 1 << 20));
}

void add_batch_options(CLI::App& command, EvaluateOptions& options) {
  command.add_option("--batch-tokens", options.evaluation.batch_tokens, "Most tokens in a batch")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24))
      ->group(engine_group);
  command
      .add_flag("--warm-up", options.evaluation.warm_up,
                "Run everything once before the clock starts, as a serving process has")
      ->group(engine_group);
  command.add_option("--batch-size", options.evaluation.batch_sequences, "Most sequences in a batch")
      ->type_name("N")
      ->check(whole_number(1))
      ->group(engine_group)
      ->default_str("no limit");
  command.add_flag("!--no-compare", options.compare, "Do not also run the same weights dense")
      ->group(engine_group);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  CLI::App& command =
      *app.add_subcommand("evaluate",
                          "Run a fine-tuned model over a task's data with skimmed tokens removed, and "
                          "report its scores, tokens kept, arithmetic and time beside the same weights "
                          "run dense.\n\nExample: transkimmer evaluate --model my-sst2 --task sst2 "
                          "--data-dir glue/SST-2");
  add_model_option(command, options->model);
  add_data_options(command, *options);
  add_engine_options(command, options->engine);
  add_batch_options(command, *options);
  add_json_option(command, options->json);
  command.callback([options] { run_evaluate(*options); });
}

}  // namespace transkimmer
