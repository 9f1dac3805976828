#include "commands/evaluation/evaluate_options.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "base/strings/quoting.h"
#include "commands/options/answer_options.h"
#include "commands/options/command_options.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

ProgressOptions line_of(std::size_t total, const std::string& unit) {
  ProgressOptions line;
  line.total = static_cast<std::int64_t>(total);
  line.title = "evaluating";
  line.unit = unit;
  return line;
}

}  // namespace

void check_output(const std::filesystem::path& file) {
  if (!file.empty()) require_writable(destination_of(file));
}

void require_not_read(const std::string& option, const std::filesystem::path& file,
                      const std::vector<std::filesystem::path>& models) {
  if (file.empty() || !path_exists(file)) return;
  std::error_code ignored;
  const std::filesystem::path folder = destination_of(file).parent_path();
  const bool is_of_a_model = std::ranges::any_of(
      models, [&](const auto& model) { return std::filesystem::equivalent(folder, model, ignored); });
  if (is_of_a_model || was_read(file))
    throw UsageError(
        fmt::format("{}: {} is a file of the data or the model, which would be overwritten; choose "
                    "another name",
                    option, file.string()));
}

EvaluationProgress::EvaluationProgress(std::size_t total, const std::string& unit)
    : line_(line_of(total, unit)) {}

std::function<void(std::size_t, std::size_t)> EvaluationProgress::callback() {
  return [this](std::size_t done, std::size_t) { line_.update(static_cast<std::int64_t>(done)); };
}

std::optional<Engine> load_dense(const EvaluateOptions& options, const Engine& engine) {
  if (!options.compare || !engine.skimming()) return std::nullopt;
  return engine.without_skimming();
}

void check_data_options(const EvaluateOptions& options) {
  if (options.task.empty() == options.table.path.empty() ||
      (options.task.empty() && !options.data_dir.empty()))
    throw UsageError("give either --task (with or without --data-dir), or --validation-file");
  if (options.task.empty()) return require_task(options.named_data);
  const Task task = find_task(options.task, options.named_data.task_file);
  const Split split = split_from_name(options.split);
  if (!task.has(split))
    throw UsageError(
        fmt::format("--split: task {} has no split {}", in_quotes(task.name), in_quotes(options.split)));
}

void check_data_options_early(CLI::App& command, const EvaluateOptions& options) {
  command.parse_complete_callback([&command, &options] {
    // A misspelt option, which is told of next, may be why there is no data.
    if (command.remaining_size() == 0) check_data_options(options);
  });
}

void find_named_data(EvaluateOptions& options) {
  if (!options.task.empty() && options.data_dir.empty())
    options.data_dir =
        data_directory(find_task(options.task, options.named_data.task_file), options.named_data);
}

void add_data_options(CLI::App& command, EvaluateOptions& options) {
  const auto add = [&command](const char* name, auto& value, const char* type, const char* description) {
    return command.add_option(name, value, description)->type_name(type)->group("Data");
  };
  add("--task", options.task, "NAME", "Task of the catalogue (sst2, mrpc, squad_v2, ...)");
  add("--data-dir", options.data_dir, "DIR",
      "Folder that holds the task's files; of squad_v2 a JSON file, too (default: the cache, where they are "
      "fetched to from where their authors publish them)");
  add_named_data_options(command, options.named_data, "Data");
  add("--split", options.split, "NAME", "train, dev or test");
  add("--validation-file", options.table.path, "FILE",
      "Your own .csv, .tsv or .jsonl file instead of a task; of questions a file like SQuAD's; of a reranker "
      "JSON lines with query, positive and negative; of a token classifier words with tags: columns as CoNLL "
      "has them, or .jsonl");
  CLI::Option* const own_file = command.get_option("--validation-file");
  add("--text-column", options.table.text_column, "NAME", "Column or key of the text in your own file")
      ->needs(own_file);
  add("--text-pair-column", options.table.text_pair_column, "NAME", "The same of the second text, for pairs")
      ->needs(own_file);
  add("--label-column", options.table.label_column, "NAME",
      "The same of the label; without a column of the default name nothing is scored")
      ->needs(own_file);
  add("--tag-column", options.tags.column, "N",
      "Of a token classifier: column of the tag in a file of columns, counted from 1; 0: the last")
      ->needs(own_file)
      ->check(whole_number(0, 1 << 10));
  add_name_list(command, "--label-names", options.tags.label_names,
                "Of a token classifier: what the numbers of tags in the file mean, in index order (default: "
                "as the model has them)")
      ->needs(own_file)
      ->group("Data");
  add_name_list(command, "--label-columns", options.table.label_columns,
                "Of a multi-label model in place of --label-column: a column for each label, with 1 where it "
                "holds")
      ->needs(own_file)
      ->group("Data");
  own_file->excludes(command.get_option("--split"));
  add("--head", options.head, "NAME",
      "reranker: the model's one number says how well a text answers a query, though its directory does not "
      "say "
      "so, and --validation-file has queries")
      ->needs(own_file)
      ->check(one_of({"reranker"}));
  add("--max-length", options.max_length, "N",
      "Cut inputs to N tokens, special tokens included; 0: as long as the model and its tokenizer's "
      "model_max_length allow. Of questions: tokens of a window; 0: 384, or fewer if the model takes fewer")
      ->check(whole_number(0, 1 << 20));
  add_split_option(command, options.engine.split_special_tokens, "Data");
  add("--max-eval-samples", options.max_eval_samples, "N",
      "Use a random choice of N examples, the one that finetune makes with the same --seed; 0: all");
  add("--seed", options.seed, "N", "Of that choice");
}

void add_batch_options(CLI::App& command, EvaluationOptions& options) {
  command.add_option("--batch-tokens", options.batch_tokens, "Most tokens in a batch")
      ->type_name("N")
      ->check(whole_number(1, 1 << 24))
      ->group(kEngineGroup);
  command.add_option("--batch-size", options.batch_sequences, "Most sequences in a batch")
      ->type_name("N")
      ->check(whole_number(1))
      ->group(kEngineGroup)
      ->default_str("no limit");
}

void note_given_options(const CLI::App& command, EvaluateOptions& options) {
  options.label_column_named = command.count("--label-column") > 0;
  for (const CLI::Option* option :
       command.get_options([](const CLI::Option* each) { return each->get_group() == kQuestionsGroup; }))
    if (option->count() > 0) options.question_options.push_back(option->get_name());
}

}  // namespace transkimmer
