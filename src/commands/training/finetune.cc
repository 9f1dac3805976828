#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "base/strings/escaping.h"
#include "base/strings/quoting.h"
#include "commands/options/command_options.h"
#include "commands/options/named_data.h"
#include "commands/program/commands.h"
#include "commands/program/named_models.h"
#include "commands/program/output.h"
#include "commands/training/training_narrator.h"
#include "commands/training/training_options.h"
#include "training/runs/finetuning.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// Below what predictors alone cost, so below what any model can be skimmed to.
constexpr double kLeastTargetCompute = 0.001;

struct FinetuneCommand {
  FinetuningOptions options;
  NamedDataOptions named_data;
  TrainingWords words;
  std::optional<std::string> protect;
  std::optional<std::string> head;
  std::optional<std::string> teacher;
  bool no_skimming = false;
  bool model_named = false;
  bool json = false;
};

std::string listed_tasks() {
  std::string names;
  for (const Task& task : task_catalogue()) names += (names.empty() ? "" : " ") + task.name;
  return names;
}

void add_data_options(CLI::App& command, FinetuneCommand& finetune) {
  FinetuningOptions& options = finetune.options;
  const OptionGroup group(command, "Data");
  DataOptions& data = options.data;
  group.value("--task", data.task, "NAME", "Task of the catalogue: " + listed_tasks());
  group.value("--data-dir", data.data_dir, "DIR",
              "Where the task's files lie, in their official layout (default: the cache, where they are "
              "fetched to from where their authors publish them)");
  add_named_data_options(command, finetune.named_data, "Data");
  group.value(
      "--train-file", data.train_file, "FILE",
      "Your own examples in place of a task: .csv, .tsv, .jsonl or .json; words with tags in .conll, .txt, "
      "...; with --task squad_v2 a file like SQuAD's");
  group
      .value("--unlabelled", data.unlabelled, "FILE...",
             "Texts without labels, which --teacher answers (an embedder teaches itself): plain text, one a "
             "line, or .csv, .tsv, .jsonl, .json; for a teacher that answers questions files like SQuAD's")
      ->expected(1, 1 << 16);
  group.value("--validation-file", data.validation_file, "FILE", "Examples to choose the best weights by");
  group.value("--text-column", data.text_column, "NAME", "Column or key of the text");
  group.value("--text-pair-column", data.text_pair_column, "NAME",
              "Column or key of the second text of pairs");
  group.value("--label-column", data.label_column, "NAME", "Column or key of the label");
  group.flag("--regression", data.regression, "Labels of --train-file are numbers to predict");
  group.flag("--token-classification", data.token_classification,
             "--train-file holds words with tags (named entities, parts of speech): columns as CoNLL has "
             "them, or JSON lines with tokens and ner_tags; .conll, .bio, .iob, .iob2, .iobes, .bioes and "
             ".txt say so themselves");
  group.whole("--tag-column", data.tags.column,
              "Column of the tag in a file of columns, counted from 1; 0: the last", {0, 1 << 10});
  add_name_list(command, "--label-names", data.tags.label_names,
                "Names of tags in index order with commas between them, for files that number them")
      ->group("Data");
  group.flag(
      "--multi-label", data.multi_label,
      "Each example of --train-file has a set of labels: an array of names, or of 1.0 and 0.0 for each label "
      "in order; in .csv and .tsv names with commas between them");
  add_name_list(command, "--label-columns", data.label_columns,
                "The same from a column or key for each label, with 1 where it holds, else 0")
      ->group("Data");
  group.word("--head", finetune.head, {"reranker"},
             "reranker: --train-file holds JSON lines {\"query\": ..., \"positive\": [...], \"negative\": "
             "[...]}, whose documents are scored by how well they answer");
  group.whole("--max-train-samples", data.max_train_samples, "Use a random choice of N examples; 0: all");
  group.whole("--max-eval-samples", data.max_eval_samples, "The same for validation");
  group.real("--validation-share", data.validation_share,
             "Share of --train-file that is set apart to choose the best weights by, of each label alike",
             {0, 0.9});
  group.value("--metric-for-best-model", options.training.metric_for_best_model, "NAME",
              "Score of the validation data that chooses the weights to keep (default: the task's first)");
}

void add_length_option(CLI::App& command, FinetuningOptions& options) {
  OptionGroup(command, kModelGroup)
      .whole("--max-length", options.max_length,
             "Cut inputs to N tokens; 0: 512 (384 for windows of squad_v2), or fewer if the model says so",
             {0, 1 << 20});
  add_split_option(command, options.split_special_tokens, kModelGroup);
}

void add_layers_option(CLI::App& command, FinetuningOptions& options) {
  OptionGroup(command, kModelGroup)
      .whole("--keep-layers", options.keep_layers,
             "Train the first K layers of the model alone; where it solves the task already, it teaches "
             "them; 0: all",
             {0, 1 << 10});
}

void add_question_options(CLI::App& command, QuestionOptions& options) {
  constexpr std::int64_t kMostTokens = 1 << 20;
  const OptionGroup group(command, "Questions (of --task squad_v2)");
  group.whole("--doc-stride", options.doc_stride,
              "Tokens that windows of a long context have in common (default: 128, or a third of a shorter "
              "--max-length)",
              {0, kMostTokens});
  group.whole("--max-question-length", options.max_question_length,
              "Cut questions to N tokens; 0: to half of what the overlap leaves of a window",
              {0, kMostTokens});
}

void add_skimming_options(CLI::App& command, FinetuneCommand& finetune) {
  const OptionGroup group(command, kSkimmingGroup);
  CLI::Option* const no_skimming =
      group.flag("--no-skimming", finetune.no_skimming, "Train the plain dense model");
  CLI::Option* const coefficient =
      add_skimming_options(command, finetune.options, finetune.words,
                           "Fixed weight of the skim loss, the share of tokens kept, in place of a goal");
  group
      .real("--target-compute", finetune.options.skimming.target_compute,
            "Share of the dense model's arithmetic (MACs, without padding, predictors counted) to steer to, "
            "from 0.001 to 1 "
            "(default: 0.5, unless --skim-coefficient is given)",
            {kLeastTargetCompute, 1})
      ->excludes(coefficient);
  group.real(
      "--gate-noise", finetune.options.training.gate_noise,
      "Factor of the noise in training's decisions (default: 0 with --target-compute, 1 as published with "
      "--skim-coefficient)",
      {0});
  group
      .whole("--removal-delay", finetune.options.training.removal_delay,
             "With --target-compute: a training pass computes a skimmed token for N layers more, so that its "
             "decision "
             "may be learnt otherwise; fewer are faster (default: 1)",
             {0})
      ->excludes(coefficient);
  group.word("--protect", finetune.protect, {"first_token", "question", "none"},
             "Tokens that are never skimmed: first_token; question: all of squad_v2's question, or a "
             "reranker's query; or none: a "
             "text that is classified is done when its first token is skimmed (default: the model's own, "
             "else first_token)");
  group.real(
      "--best-tolerance", finetune.options.training.best_tolerance,
      "While evaluations come in, the one that keeps fewest tokens is saved among those this close to the "
      "best so far (share of the metric's range)",
      {0});
  for (CLI::Option* option :
       command.get_options([](const CLI::Option* each) { return each->get_group() == kSkimmingGroup; })) {
    if (option != no_skimming) option->excludes(no_skimming);
  }
}

void add_distillation_options(CLI::App& command, FinetuneCommand& finetune) {
  const OptionGroup group(command, "Distillation");
  DistillationOptions& distillation = finetune.options.training.distillation;
  group.value("--teacher", finetune.teacher, "DIR",
              "Model, or its name on the Hub, for the same labels whose answers are learnt beside them; "
              "none: labels alone (default: "
              "--model, where that "
              "solves the task and what is trained from it skims or keeps fewer layers)");
  group.real("--distillation-weight", distillation.weight,
             "Weight of the teacher's answers; the labels have the rest", {0, 1});
  group.real("--distillation-temperature", distillation.temperature, "Softens both distributions over labels",
             {1e-3});
  group.real(
      "--distillation-state-weight", distillation.state_weight,
      "Weight of the squared distance between last states of first tokens (of all tokens, where these have "
      "labels)",
      {0});
}

void add_class_options(CLI::App& command, FinetuningOptions& options) {
  const OptionGroup group(command, kOptimisationGroup);
  group.value(
      "--class-weights", options.class_weights, "balanced|FILE",
      "How much examples of each label count: balanced, the rarer the more; or a JSON file, {\"label\": "
      "weight, ...}");
  group.real("--label-smoothing", options.training.label_smoothing,
             "Share of each label that is spread over all labels", {0, 1});
  group.whole("--early-stopping-patience", options.training.early_stopping_patience,
              "End after N evaluations in a row without a better one; 0: never");
}

/// Those of Hugging Face's Trainer, with a little decay and warm-up, which small data sets want.
void set_usual_values(TrainingOptions& training) {
  training.learning_rate = 5e-5;
  training.weight_decay = 0.01;
  training.warmup_ratio = 0.06;
  training.adam_epsilon = 1e-8;
  training.optim = AdamWForm::torch;
}

/// What there is to tell apart: whoever named the wrong column sees it here.
std::string labels_text(const ModelConfig& config) {
  if (!traits_of(config.head).classifies()) return {};
  constexpr std::size_t kShown = 4;
  std::vector<std::string> names;
  for (const std::string& label : config.labels | std::views::take(kShown)) names.push_back(in_quotes(label));
  return fmt::format("; {} labels: {}{}", config.labels.size(), fmt::join(names, ", "),
                     config.labels.size() > kShown ? ", ..." : "");
}

std::string data_text(const FinetuningPlan& plan) {
  const std::string windows =
      plan.train_windows == 0 ? "" : fmt::format(" in {} windows", with_separators(plan.train_windows));
  return fmt::format("{}: {} training examples{} ({} tokens), {} for validation{}", escaped(plan.task),
                     with_separators(plan.train_examples), windows, with_separators(plan.train_tokens),
                     with_separators(plan.dev_examples), labels_text(plan.config));
}

Json as_json(const FinetuningResult& result, const FinetuningOptions& options) {
  Json json = {{"task", result.plan.task},
               {"output_dir", options.training.output_dir.string()},
               {"skimming", result.plan.config.skim.enabled},
               {"train_examples", result.plan.train_examples},
               {"train_tokens", result.plan.train_tokens},
               {"validation_examples", result.plan.dev_examples},
               {"parameters", result.plan.parameters},
               {"steps", result.training.steps},
               {"stopped_early", result.training.stopped_early},
               {"seconds", result.training.seconds}};
  if (result.training.chosen) {
    const ChosenEvaluation& chosen = *result.training.chosen;
    json["best"] = {{"step", chosen.step},
                    {"metric", result.chief_metric},
                    {"score", chosen.score},
                    {"kept_fraction", chosen.kept_fraction},
                    {"compute_share", chosen.compute_share}};
  }
  return json;
}

/// A point of the metric, or of a hundred: what users accept to lose.
constexpr double kAcceptableLoss = 0.01;

void tell_about_loss(const FinetuningResult& result) {
  const TrainingResult& training = result.training;
  if (!training.start_score || !training.chosen) return;
  const double lost = *training.start_score - training.chosen->score;
  if (lost <= kAcceptableLoss * training.perfect_score) return;
  std::cerr << fmt::format(
      "note: {} fell from {:.4f}, where everything was computed, to {:.4f}; more steps (--num-train-epochs), "
      "a better --teacher or a "
      "larger --target-compute lose less\n",
      result.chief_metric, *training.start_score, training.chosen->score);
}

void print_summary(const FinetuningResult& result, const FinetuningOptions& options) {
  std::cout << fmt::format("trained {} steps in {}; the model is in {}\n", result.training.steps,
                           duration_text(std::chrono::duration<double>(result.training.seconds)),
                           escaped(options.training.output_dir.string()));
  if (result.training.stopped_early)
    std::cout << "it ended early: no evaluation was better (--early-stopping-patience)\n";
  if (!result.training.chosen) return;
  const ChosenEvaluation& chosen = *result.training.chosen;
  std::cout << fmt::format("its weights are those of step {}: {} {:.4f}", chosen.step, result.chief_metric,
                           chosen.score);
  if (result.plan.config.skim.enabled)
    std::cout << fmt::format(", tokens kept {}, {} of the dense model's MACs", percent(chosen.kept_fraction),
                             percent(chosen.compute_share));
  std::cout << '\n';
}

/// Finds the data of a task whose folder is not named, or fetches it.
void find_named_data(FinetuneCommand& finetune) {
  DataOptions& data = finetune.options.data;
  if (data.task.empty()) return require_task(finetune.named_data);
  if (data.data_dir.empty() && data.train_file.empty() && data.unlabelled.empty())
    data.data_dir = data_directory(find_task(data.task, data.task_file), finetune.named_data);
}

void run_finetune(FinetuneCommand& finetune_command) {
  FinetuningOptions& options = finetune_command.options;
  options.data.task_file = finetune_command.named_data.task_file;
  complete(finetune_command.words, options);
  options.skimming.enabled = !finetune_command.no_skimming;
  options.data.reranking = finetune_command.head.has_value();
  if (finetune_command.protect) options.skimming.protection = protection_named(*finetune_command.protect);
  if (finetune_command.teacher)
    options.teacher = *finetune_command.teacher == "none" ? std::filesystem::path{}
                                                          : model_directory(*finetune_command.teacher);
  // The teacher itself learns to skim.
  if (!options.data.unlabelled.empty() && !finetune_command.model_named && options.teacher)
    options.model = *options.teacher;
  check_finetuning_options(options);
  find_named_data(finetune_command);
  const InterruptGuard guard(kInterruptedTraining);
  TrainingNarrator narrator(TrainingNarrator::Speed::examples);
  const FinetuningResult result = finetune(
      options, {.training = narrator.events(guard),
                .notices = notices_on_standard_error(),
                .on_start = [&](const FinetuningPlan& plan) { narrator.start(data_text(plan), plan); }});
  narrator.finish();
  tell_about_loss(result);
  require_finished(result.training);
  if (finetune_command.json) {
    print_json(as_json(result, options));
  } else {
    print_summary(result, options);
  }
}

}  // namespace

void add_finetune_command(CLI::App& app) {
  auto finetune_command = std::make_shared<FinetuneCommand>();
  finetune_command->options.model = kShippedEncoder;
  set_usual_values(finetune_command->options.training);
  CLI::App* command = app.add_subcommand(
      "finetune",
      "Train a model for a task so that it skims tokens. The output directory gets a Hugging Face style "
      "model (the best weights seen), trainer_state.json and checkpoint-STEP folders to resume from.");
  add_data_options(*command, *finetune_command);
  add_model_options(*command, finetune_command->options);
  add_length_option(*command, finetune_command->options);
  add_layers_option(*command, finetune_command->options);
  add_question_options(*command, finetune_command->options.questions);
  add_skimming_options(*command, *finetune_command);
  add_distillation_options(*command, *finetune_command);
  add_optimisation_options(*command, finetune_command->options.training, finetune_command->words);
  add_class_options(*command, finetune_command->options);
  add_run_options(*command, finetune_command->options, finetune_command->words);
  add_json_option(*command, finetune_command->json);
  command->footer(
      "Examples:\n"
      "  transkimmer finetune --task sst2 --model my-bert --output-dir sst2-skim\n"
      "  transkimmer finetune --train-file reviews.csv --validation-file dev.csv --model my-encoder \\\n"
      "      --output-dir out");
  command->callback([finetune_command, command] {
    finetune_command->model_named = command->count("--model") > 0;
    run_finetune(*finetune_command);
  });
}

}  // namespace transkimmer
