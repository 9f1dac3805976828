#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "commands/command_options.h"
#include "commands/commands.h"
#include "commands/output.h"
#include "training/finetuning.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct FinetuneCommand {
  FinetuningOptions options;
  bool no_skimming = false;
  bool resume = false;
  std::optional<std::string> semantics;
  std::string precision = "auto";
  std::string device = "auto";
  bool json = false;
};

/// A value that is one of two or three words.
CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::ranges::find(words, text) != words.end()) return {};
    const std::vector<std::string> first(words.begin(), words.end() - 1);
    return fmt::format("expected {} or {}, found '{}'", fmt::join(first, ", "), words.back(), text);
  };
  return {check, ""};
}

std::string listed_tasks() {
  std::string names;
  for (const Task& task : task_catalogue()) names += (names.empty() ? "" : " ") + task.name;
  return names;
}

void add_data_options(CLI::App& command, DataOptions& data) {
  constexpr const char* group = "Data";
  command.add_option("--task", data.task, "Task of the catalogue: " + listed_tasks())
      ->type_name("NAME")
      ->group(group);
  command.add_option("--data-dir", data.data_dir, "Where the task's files lie, in their official layout")
      ->type_name("DIR")
      ->group(group);
  command
      .add_option("--train-file", data.train_file,
                  "Your own examples in place of a task: .csv, .tsv, .jsonl or .json")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--validation-file", data.validation_file, "Examples to choose the best weights by")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--text-column", data.text_column, "Column or key of the text")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--text-pair-column", data.text_pair_column, "Column or key of the second text of pairs")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--label-column", data.label_column, "Column or key of the label")
      ->type_name("NAME")
      ->group(group);
  command.add_flag("--regression", data.regression, "Labels of --train-file are numbers to predict")
      ->group(group);
  command
      .add_option("--max-train-samples", data.max_train_samples, "Use a random choice of N examples; 0: all")
      ->type_name("N")
      ->check(whole_number(0))
      ->group(group);
  command.add_option("--max-eval-samples", data.max_eval_samples, "The same for validation")
      ->type_name("N")
      ->check(whole_number(0))
      ->group(group);
}

void add_model_options(CLI::App& command, FinetuneCommand& finetune) {
  constexpr const char* group = "Model";
  FinetuningOptions& options = finetune.options;
  command
      .add_option("--model", options.model,
                  "Model directory as Hugging Face lays it out: config.json, tokenizer files, and weights in "
                  "model.safetensors or pytorch_model.bin (none needed with --from-scratch)")
      ->type_name("DIR")
      ->required()
      ->group(group);
  command
      .add_option("--output-dir", options.training.output_dir, "Where the trained model and checkpoints go")
      ->type_name("DIR")
      ->required()
      ->group(group);
  command.add_flag("--from-scratch", options.from_scratch, "Start from random weights")->group(group);
  command
      .add_flag("--overwrite-output-dir", options.overwrite_output_dir,
                "Write into a directory that is not empty")
      ->group(group);
  command
      .add_option("--max-length", options.max_length,
                  "Cut inputs to N tokens; 0: 512, or fewer if the model says so")
      ->type_name("N")
      ->check(whole_number(0, 1 << 20))
      ->group(group);
}

void add_skimming_options(CLI::App& command, FinetuneCommand& finetune) {
  constexpr const char* group = "Skimming";
  SkimmingOptions& skimming = finetune.options.skimming;
  command.add_flag("--no-skimming", finetune.no_skimming, "Train the plain dense model")->group(group);
  command.add_option("--skim-coefficient", skimming.coefficient, "Weight of the skim loss (default: 0.5)")
      ->type_name("X")
      ->check(real_number(0))
      ->group(group);
  command
      .add_option("--skim-warmup-ratio", finetune.options.training.skim_warmup_ratio,
                  "Share of the steps over which the coefficient grows from 0")
      ->type_name("X")
      ->check(real_number(0, 1))
      ->group(group);
  command
      .add_option("--skim-predictor-size", skimming.predictor_size,
                  "Width of the skim predictors (default: the model's own, else its hidden size)")
      ->type_name("N")
      ->check(whole_number(1, 1 << 20))
      ->group(group);
  command
      .add_option("--skim-threshold", skimming.threshold,
                  "Keep a token when its keep logit exceeds its skim logit by more than X (default: 0)")
      ->type_name("X")
      ->check(real_number())
      ->group(group);
  command
      .add_option("--semantics", finetune.semantics,
                  "removal: train what removing tokens computes (default); original: as the published code")
      ->type_name("NAME")
      ->check(one_of({"removal", "original"}))
      ->group(group);
  command.add_option("--gumbel-temperature", skimming.temperature, "Of the relaxed decisions (default: 1)")
      ->type_name("X")
      ->check(real_number(1e-3))
      ->group(group);
  command
      .add_option("--best-tolerance", finetune.options.training.best_tolerance,
                  "Among evaluations this close to the best metric the one that keeps fewest tokens is saved")
      ->type_name("X")
      ->check(real_number(0))
      ->group(group);
}

void add_optimisation_options(CLI::App& command, TrainingOptions& training) {
  constexpr const char* group = "Optimisation";
  const auto real = [&](const char* name, auto& value, const char* text, double minimum) {
    command.add_option(name, value, text)->type_name("X")->check(real_number(minimum))->group(group);
  };
  const auto whole = [&](const char* name, auto& value, const char* text, std::int64_t minimum) {
    command.add_option(name, value, text)->type_name("N")->check(whole_number(minimum))->group(group);
  };
  real("--learning-rate", training.learning_rate, "Peak learning rate of AdamW", 0);
  real("--predictor-learning-rate", training.predictor_learning_rate,
       "The same for the skim predictors (default: --learning-rate)", 0);
  real("--num-train-epochs", training.num_train_epochs, "Passes over the training data", 0);
  whole("--max-steps", training.max_steps, "Steps in all; 0: as many as the epochs make", 0);
  whole("--per-device-train-batch-size", training.train_batch_size, "Sequences of one forward pass", 1);
  whole("--per-device-eval-batch-size", training.eval_batch_size, "The same in evaluation", 1);
  whole("--gradient-accumulation-steps", training.gradient_accumulation_steps, "Forward passes to one step",
        1);
  real("--weight-decay", training.weight_decay, "Not applied to biases and layer norms", 0);
  real("--adam-epsilon", training.adam_epsilon, "Of AdamW", 0);
  command
      .add_option("--warmup-ratio", training.warmup_ratio,
                  "Share of the steps over which the learning rate grows")
      ->type_name("X")
      ->check(real_number(0, 1))
      ->group(group);
  real("--max-grad-norm", training.max_grad_norm, "Gradients are scaled down to this norm; 0: never", 0);
  whole("--seed", training.seed, "Of everything random", 0);
}

void add_run_options(CLI::App& command, FinetuneCommand& finetune) {
  constexpr const char* group = "Run";
  TrainingOptions& training = finetune.options.training;
  const auto whole = [&](const char* name, auto& value, const char* text, std::int64_t minimum) {
    command.add_option(name, value, text)->type_name("N")->check(whole_number(minimum))->group(group);
  };
  whole("--eval-steps", training.eval_steps, "Evaluate every N steps; 0: after every epoch", 0);
  whole("--save-steps", training.save_steps, "Write a checkpoint every N steps; 0: whenever it evaluates", 0);
  whole("--save-total-limit", training.save_total_limit, "Checkpoints to keep", 1);
  whole("--logging-steps", training.logging_steps, "Log means every N steps", 1);
  command
      .add_option("--resume-from-checkpoint", finetune.options.resume_from,
                  "Continue the run that wrote this checkpoint-STEP directory")
      ->type_name("DIR")
      ->group(group);
  command.add_flag("--resume", finetune.resume, "Continue from the latest checkpoint in --output-dir")
      ->group(group);
  command
      .add_option("--precision", finetune.precision,
                  "f32, bf16 (matrix products), or auto: bf16 on CUDA devices, f32 on processors")
      ->type_name("NAME")
      ->check(one_of({"f32", "bf16", "auto"}))
      ->group(group);
  command.add_option("--device", finetune.device, "cpu, cuda, or auto: cuda where there is one")
      ->type_name("NAME")
      ->check(one_of({"cpu", "cuda", "auto"}))
      ->group(group);
  whole("--threads", finetune.options.threads, "Threads; 0: all processors this process may use", 0);
  add_json_option(command, finetune.json);
}

void complete(FinetuneCommand& finetune) {
  FinetuningOptions& options = finetune.options;
  ComputeSettings& compute = options.training.compute;
  compute.device = device_from_name(finetune.device);
  compute.bf16 = bf16_from_name(finetune.precision, compute.device);
  options.skimming.enabled = !finetune.no_skimming;
  if (finetune.semantics) {
    options.skimming.semantics =
        *finetune.semantics == "original" ? SkimSemantics::original : SkimSemantics::removal;
  }
  if (!finetune.resume) return;
  if (!options.resume_from.empty())
    throw UsageError("say either --resume or --resume-from-checkpoint, not both");
  const auto latest = latest_checkpoint(options.training.output_dir);
  if (!latest) throw UsageError("--resume: " + options.training.output_dir.string() + " holds no checkpoint");
  options.resume_from = *latest;
}

std::string percent(double fraction) {
  return fmt::format("{:.1f}%", 100 * fraction);
}

/// What the run says on standard error while it goes on.
class Narrator {
 public:
  TrainingEvents events(const InterruptGuard& guard) {
    return {.on_step = [this](const ProgressReport& report) { step(report); },
            .on_log = {},
            .on_evaluation = [this](const ProgressReport& report, const EvaluationReport& scores,
                                    bool best) { evaluated(report, scores, best); },
            .on_checkpoint = {},
            .should_stop = [&guard] { return guard.interrupted(); }};
  }

  void start(const FinetuningPlan& plan) {
    skimming_ = plan.config.skim.enabled;
    std::cerr << fmt::format(
        "{}: {} training examples ({} tokens), {} for validation; {} parameters, {} steps{}\n", plan.task,
        with_separators(plan.train_examples), with_separators(plan.train_tokens),
        with_separators(plan.dev_examples), with_separators(static_cast<std::uint64_t>(plan.parameters)),
        plan.total_steps, plan.first_step > 0 ? fmt::format(", {} of them done", plan.first_step) : "");
    line_.emplace(ProgressOptions{.total = plan.total_steps,
                                  .first_step = plan.first_step,
                                  .title = {},
                                  .unit = {},  // examples/s says more
                                  .now = std::chrono::steady_clock::now});
  }

  void finish() {
    if (line_) line_->finish();
  }

 private:
  void step(const ProgressReport& report) {
    // A single batch's loss jumps; show a slowly moving mean.
    const double weight = started_ ? 0.05 : 1.0;
    started_ = true;
    loss_ += weight * (report.task_loss - loss_);
    kept_ += weight * (report.kept_fraction - kept_);
    line_->update(report.step, details(report));
  }

  std::string details(const ProgressReport& report) const {
    std::string text = fmt::format("loss {:.3f}", loss_);
    if (skimming_) text += fmt::format("  kept {:.0f}%", 100 * kept_);
    // What a narrow terminal can best do without comes last.
    if (!last_score_.empty()) text += "  " + last_score_;
    return text + fmt::format("  {:.0f} examples/s", report.examples_per_second);
  }

  void evaluated(const ProgressReport& report, const EvaluationReport& scores, bool best) {
    std::string text = fmt::format("step {}, epoch {:.2f}:", report.step, report.epoch);
    for (const auto& [name, value] : scores.scores) text += fmt::format(" {} {:.4f},", name, value);
    text += fmt::format(" loss {:.4f}", scores.loss);
    if (skimming_) {
      std::vector<std::string> layers;
      for (const double kept : scores.kept_fraction_per_layer)
        layers.push_back(fmt::format("{:.0f}", 100 * kept));
      text += fmt::format(", tokens kept {} ({} by layer)", percent(scores.kept_fraction),
                          fmt::join(layers, " "));
    }
    if (best) text += ", saved";
    line_->interrupt_line();
    std::cerr << text << '\n';
    last_score_ = fmt::format("{} {:.4f}", scores.chief, scores.chief_score());
    line_->update(report.step, details(report));
  }

  std::optional<ProgressLine> line_;
  std::string last_score_;
  bool skimming_ = false;
  bool started_ = false;
  double loss_ = 0;
  double kept_ = 0;
};

Json as_json(const FinetuningResult& result, const FinetuningOptions& options) {
  Json json = {{"task", result.plan.task},
               {"output_dir", options.training.output_dir.string()},
               {"skimming", result.plan.config.skim.enabled},
               {"train_examples", result.plan.train_examples},
               {"train_tokens", result.plan.train_tokens},
               {"validation_examples", result.plan.dev_examples},
               {"parameters", result.plan.parameters},
               {"steps", result.training.steps},
               {"seconds", result.training.seconds}};
  if (result.training.chosen) {
    const ChosenEvaluation& chosen = *result.training.chosen;
    json["best"] = {{"step", chosen.step},
                    {"metric", result.chief_metric},
                    {"score", chosen.score},
                    {"kept_fraction", chosen.kept_fraction}};
  }
  return json;
}

void print_summary(const FinetuningResult& result, const FinetuningOptions& options) {
  std::cout << fmt::format("trained {} steps in {}; the model is in {}\n", result.training.steps,
                           duration_text(std::chrono::duration<double>(result.training.seconds)),
                           options.training.output_dir.string());
  if (!result.training.chosen) return;
  const ChosenEvaluation& chosen = *result.training.chosen;
  std::cout << fmt::format("its weights are those of step {}: {} {:.4f}", chosen.step, result.chief_metric,
                           chosen.score);
  if (result.plan.config.skim.enabled) std::cout << ", tokens kept " << percent(chosen.kept_fraction);
  std::cout << '\n';
}

void run_finetune(FinetuneCommand& finetune_command) {
  complete(finetune_command);
  const FinetuningOptions& options = finetune_command.options;
  const InterruptGuard guard;
  Narrator narrator;
  const FinetuningResult result =
      finetune(options, {.training = narrator.events(guard),
                         .notices = notices_on_standard_error(),
                         .on_start = [&](const FinetuningPlan& plan) { narrator.start(plan); }});
  narrator.finish();
  if (!result.training.finished) {
    throw Error(fmt::format(
        "interrupted at step {}; the same command with --resume-from-checkpoint {} goes on from there",
        result.training.steps, result.training.checkpoint.string()));
  }
  if (finetune_command.json) {
    print_json(as_json(result, options));
  } else {
    print_summary(result, options);
  }
}

}  // namespace

void add_finetune_command(CLI::App& app) {
  auto finetune_command = std::make_shared<FinetuneCommand>();
  CLI::App* command = app.add_subcommand(
      "finetune",
      "Train a model for a task so that it skims tokens. The output directory gets a Hugging Face style "
      "model (the best weights seen), trainer_state.json and checkpoint-STEP folders to resume from.");
  add_data_options(*command, finetune_command->options.data);
  add_model_options(*command, *finetune_command);
  add_skimming_options(*command, *finetune_command);
  add_optimisation_options(*command, finetune_command->options.training);
  add_run_options(*command, *finetune_command);
  command->footer(
      "Examples:\n"
      "  transkimmer finetune --task sst2 --data-dir glue --model bert-base-uncased --output-dir sst2-skim\n"
      "  transkimmer finetune --train-file reviews.csv --validation-file dev.csv --model my-encoder \\\n"
      "      --output-dir out");
  command->callback([finetune_command] { run_finetune(*finetune_command); });
}

}  // namespace transkimmer
