#include "evaluation/evaluate.h"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "base/hardware.h"
#include "base/progress.h"
#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/output.h"
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

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// The data, its metrics and the name they are reported under.
struct EvaluationData {
  Dataset dataset;
  std::vector<Metric> metrics;
  std::string task;
  std::string split;
};

EvaluationData load_data(const EvaluateOptions& options, const ModelConfig& config) {
  if (!options.table.path.empty()) {
    TableSource source = options.table;
    const bool regression = config.head == HeadKind::regression;
    source.kind = regression ? TaskKind::regression : TaskKind::classification;
    if (!regression) source.labels = config.labels;
    source.labels_required = false;
    return {load_table(source),
            regression ? std::vector{Metric::pearson, Metric::spearman} : std::vector{Metric::accuracy},
            "table", source.path.filename().string()};
  }
  const Task& task = find_task(options.task);
  return {load_task(task, options.data_dir, split_from_name(options.split)), task.metrics, task.name,
          options.split};
}

void check_head(const EvaluationData& data, const ModelConfig& config, const std::filesystem::path& model) {
  const bool regression = data.dataset.labels.empty() && data.metrics.front() != Metric::accuracy;
  if (regression != (config.head == HeadKind::regression))
    throw UsageError(fmt::format("{} is a {} model, but {} is a {} task", model.string(),
                                 name_of(config.head), data.task,
                                 regression ? "regression" : "classification"));
}

void run_evaluate(const EvaluateOptions& options) {
  const auto start = Clock::now();
  if (options.task.empty() == options.table.path.empty())
    throw UsageError("give either --task with --data-dir, or --validation-file");
  const auto notices = notices_on_standard_error();
  const Engine engine = Engine::load(options.model, options.engine, notices);
  EvaluationData data = load_data(options, engine.config());
  check_head(data, engine.config(), options.model);
  align_labels(data.dataset, engine.config());
  const auto tokenizer = load_tokenizer(options.model, engine.config());
  const auto longest = static_cast<std::size_t>(engine.config().max_tokens());
  const auto tokenization = Clock::now();
  const EncodedDataset encoded = encode_dataset(
      data.dataset, *tokenizer, options.max_length == 0 ? longest : std::min(options.max_length, longest),
      static_cast<unsigned>(engine.threads()));
  EvaluationContext context{data.task,
                            data.split,
                            engine.skimming(),
                            engine.skim_threshold(),
                            engine.threads(),
                            "f32",
                            hardware_description(),
                            seconds_since(tokenization),
                            0};
  std::optional<Engine> dense;
  if (options.compare && engine.skimming()) {
    EngineOptions without = options.engine;
    without.skimming = false;
    dense = Engine::load(options.model, without);
  }
  EvaluationOptions evaluation = options.evaluation;
  ProgressOptions line;
  line.total = static_cast<std::int64_t>(encoded.size());
  line.title = "evaluating";
  line.unit = "examples";
  ProgressLine progress = ProgressLine::on_standard_error(line);
  evaluation.progress = [&](std::size_t done, std::size_t) {
    progress.update(static_cast<std::int64_t>(done));
  };
  const Evaluation result = evaluate(engine, dense ? &*dense : nullptr, encoded, data.metrics, evaluation);
  progress.finish();
  context.total_seconds = seconds_since(start);
  if (options.json) {
    print_json(evaluation_json(result, context));
  } else {
    std::cout << evaluation_table(result, context);
  }
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
  command.add_option("--task", options->task, "Task of the catalogue (sst2, mrpc, imdb, ...)")->group("Data");
  command.add_option("--data-dir", options->data_dir, "Folder that holds the task's files")->group("Data");
  command.add_option("--split", options->split, "train, dev or test")->group("Data")->capture_default_str();
  command
      .add_option("--validation-file", options->table.path,
                  "Your own .csv, .tsv or .jsonl file instead of a task")
      ->group("Data");
  command.add_option("--text-column", options->table.text_column)->group("Data")->capture_default_str();
  command.add_option("--text-pair-column", options->table.text_pair_column, "Second text, for pairs")
      ->group("Data");
  command.add_option("--label-column", options->table.label_column)->group("Data")->capture_default_str();
  command
      .add_option("--max-length", options->max_length,
                  "Truncate to this many tokens (0: as the model allows)")
      ->check(whole_number(0))
      ->group("Data")
      ->capture_default_str();
  add_engine_options(command, options->engine);
  command.add_option("--batch-tokens", options->evaluation.batch_tokens, "Most tokens in a batch")
      ->check(whole_number(1))
      ->group(engine_group)
      ->capture_default_str();
  command
      .add_option("--batch-size", options->evaluation.batch_sequences,
                  "Most sequences in a batch (default: no limit)")
      ->check(whole_number(1))
      ->group(engine_group);
  command.add_flag("!--no-compare", options->compare, "Do not also run the same weights dense")
      ->group(engine_group);
  add_json_option(command, options->json);
  command.callback([options] { run_evaluate(*options); });
}

}  // namespace transkimmer
