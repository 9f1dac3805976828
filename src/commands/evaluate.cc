#include "evaluation/evaluate.h"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/file.h"
#include "base/folder.h"
#include "commands/answer_options.h"
#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/evaluate_options.h"
#include "commands/output.h"
#include "datasets/sample.h"
#include "evaluation/align_labels.h"
#include "evaluation/predictions.h"
#include "features/encoded_dataset.h"
#include "model_files/model_directory.h"
#include "model_files/tokenizer_files.h"
#include "report/evaluation_report.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// The data, its metrics and the name they are reported under.
struct EvaluationData {
  Dataset dataset;
  std::vector<Metric> metrics;
  std::string task;
  std::string split;
  int positive_class = 1;                 ///< of F1, in the model's order of classes
  std::vector<std::size_t> indices = {};  ///< of the examples in their file, [examples]
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
  source.labels_required = options.label_column_named;
  const auto metrics =
      regression ? std::vector{Metric::pearson, Metric::spearman} : std::vector{Metric::accuracy};
  return {load_table(source), metrics, "table", source.path.filename().string()};
}

EvaluationData load_of_catalogue(const EvaluateOptions& options, const ModelConfig& config) {
  const Task& task = find_task(options.task);
  const Split split = split_from_name(options.split);
  check_model_kind(options.model, config.head, task);
  EvaluationData data{load_task(task, options.data_dir, split), task.metrics, task.name, options.split};
  const std::vector<std::size_t> positions = align_labels(data.dataset, config);
  if (positions.size() == 2) data.positive_class = static_cast<int>(positions[1]);
  tell_about_skipped_rows(data.dataset, notices_on_standard_error());
  return data;
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

EvaluationData load_data(const EvaluateOptions& options, const ModelConfig& config) {
  EvaluationData data =
      options.task.empty() ? load_own_file(options, config) : load_of_catalogue(options, config);
  data.indices = rows_of_examples(data.dataset);
  keep_sample(data.indices, options.max_eval_samples, options.seed);
  keep_sample(data.dataset.examples, options.max_eval_samples, options.seed);
  if (!data.dataset.labelled && options.json)  // the table says so itself
    notices_on_standard_error()(data.dataset.origin + ": has no labels, so there is nothing to score");
  return data;
}

EncodedDataset tokenize(const EvaluateOptions& options, const Dataset& dataset, const Tokenizer& tokenizer,
                        const Engine& engine) {
  const std::size_t longest = longest_input(engine.config(), tokenizer, options.max_length);
  EncodedDataset encoded =
      encode_dataset(dataset, tokenizer, longest, static_cast<unsigned>(engine.threads()));
  tell_about_cut_texts(encoded, dataset, longest, notices_on_standard_error());
  return encoded;
}

Evaluation evaluate_with_progress(const EvaluateOptions& options, const Engine& engine,
                                  const EncodedDataset& encoded, const EvaluationData& data) {
  const std::optional<Engine> dense = load_dense(options, engine);
  EvaluationProgress progress(encoded.size(), "examples");
  EvaluationOptions evaluation = options.evaluation;
  evaluation.progress = progress.callback();
  evaluation.positive_class = data.positive_class;
  Evaluation result = evaluate(engine, dense ? &*dense : nullptr, encoded, data.metrics, evaluation);
  progress.finish();
  return result;
}

/// Of models that answer no questions.
void refuse_question_options(const EvaluateOptions& options, HeadKind head) {
  if (!options.question_options.empty())
    throw UsageError(fmt::format("{} is for question answering models, but {} is a {} model",
                                 options.question_options.front(), options.model.string(), name_of(head)));
}

void evaluate_texts(const EvaluateOptions& options, const Engine& engine) {
  refuse_question_options(options, engine.config().head);
  const EvaluationData data = load_data(options, engine.config());
  const auto tokenizer = load_tokenizer(
      options.model, engine.config(),
      {.notices = notices_on_standard_error(), .split_special_tokens = options.engine.split_special_tokens});
  const Stopwatch watch;
  const EncodedDataset encoded = tokenize(options, data.dataset, *tokenizer, engine);
  const double tokenization_seconds = watch.seconds();
  const Evaluation result = evaluate_with_progress(options, engine, encoded, data);
  EvaluationContext context = context_of(engine);
  context.task = data.task;
  context.split = data.split;
  context.tokenization_seconds = tokenization_seconds;
  if (!options.json) std::cout << evaluation_table(result, context) << std::flush;
  if (!options.predictions.empty())
    write_predictions(options.predictions, engine.config(), result.run, data.indices);
  if (options.json) print_json(evaluation_json(result, context));
}

bool are_the_same(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return !a.empty() && !b.empty() && std::filesystem::equivalent(a, b, ignored);
}

/// A slip in a file's name must cost nobody data or model.
void check_outputs(const EvaluateOptions& options) {
  for (const auto& [name, file] :
       {std::pair("--predictions", options.predictions), std::pair("--null-odds", options.null_odds)}) {
    if (file.empty()) continue;
    require_writable(file);
    const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
    const bool read = are_the_same(file, options.table.path) || are_the_same(file, options.data_dir);
    const bool among_read =
        path_exists(file) && (are_the_same(folder, options.data_dir) || are_the_same(folder, options.model));
    if (read || among_read)
      throw UsageError(
          fmt::format("{}: {} is a file of the data or the model, which would be overwritten; choose "
                      "another name",
                      name, file.string()));
  }
  if (!options.predictions.empty() && options.predictions == options.null_odds)
    throw UsageError("--null-odds and --predictions name the same file");
}

void run_evaluate(const EvaluateOptions& options) {
  check_data_options(options);
  require_task_head(options.model, ModelConfig::load(options.model));
  check_outputs(options);
  const Engine engine = Engine::load(options.model, options.engine, notices_on_standard_error());
  if (engine.config().head == HeadKind::question_answering) {
    evaluate_answers(options, engine);
  } else {
    evaluate_texts(options, engine);
  }
}

void add_data_options(CLI::App& command, EvaluateOptions& options) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Data");
  };
  add("--task", options.task, "NAME", "Task of the catalogue (sst2, mrpc, squad_v2, ...)");
  add("--data-dir", options.data_dir, "DIR",
      "Folder that holds the task's files; of squad_v2 a JSON file, too");
  add("--split", options.split, "NAME", "train, dev or test");
  add("--validation-file", options.table.path, "FILE",
      "Your own .csv, .tsv or .jsonl file instead of a task; of questions a file like SQuAD's");
  CLI::Option* const own_file = command.get_option("--validation-file");
  add("--text-column", options.table.text_column, "NAME", "Column or key of the text in your own file")
      ->needs(own_file);
  add("--text-pair-column", options.table.text_pair_column, "NAME", "The same of the second text, for pairs")
      ->needs(own_file);
  add("--label-column", options.table.label_column, "NAME",
      "The same of the label; without a column of the default name nothing is scored")
      ->needs(own_file);
  own_file->excludes(command.get_option("--split"));
  add("--max-length", options.max_length, "N",
      "Cut inputs to N tokens, special tokens included; 0: as long as the model and its tokenizer's "
      "model_max_length allow. Of questions: tokens of a window; 0: 384, or fewer if the model takes fewer")
      ->check(whole_number(0, 1 << 20));
  add_split_option(command, options.engine.split_special_tokens, "Data");
  add("--max-eval-samples", options.max_eval_samples, "N",
      "Use a random choice of N examples, the one that finetune makes with the same --seed; 0: all");
  add("--seed", options.seed, "N", "Of that choice");
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

void add_prediction_options(CLI::App& command, EvaluateOptions& options) {
  OptionGroup(command, output_group)
      .value(
          "--predictions", options.predictions, "FILE",
          "Write what the model says of every example, labelled or not, as JSON lines with index, label and "
          "scores (in the order of the model's labels); of questions as SQuAD's evaluation script reads it");
  OptionGroup(command, questions_group)
      .value("--null-odds", options.null_odds, "FILE",
             "Write every question's odds of having no answer, for the script's --na-prob-file");
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
  add_answer_options(command, options->answer);
  add_prediction_options(command, *options);
  add_json_option(command, options->json);
  command.callback([options, &command] {
    options->label_column_named = command.count("--label-column") > 0;
    for (const CLI::Option* option :
         command.get_options([](const CLI::Option* each) { return each->get_group() == questions_group; }))
      if (option->count() > 0) options->question_options.push_back(option->get_name());
    run_evaluate(*options);
  });
}

}  // namespace transkimmer
