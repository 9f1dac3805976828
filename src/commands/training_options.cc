#include "commands/training_options.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "commands/command_options.h"
#include "training/checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {

/// A value that is one of two or three words.
CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::ranges::find(words, text) != words.end()) return {};
    const std::vector<std::string> first(words.begin(), words.end() - 1);
    return fmt::format("expected {} or {}, found '{}'", fmt::join(first, ", "), words.back(), text);
  };
  return {check, ""};
}

void add_model_options(CLI::App& command, RunOptions& options) {
  constexpr const char* group = "Model";
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
}

SkimmingOptionList add_skimming_options(CLI::App& command, RunOptions& options, TrainingWords& words,
                                        const std::string& coefficient_text) {
  constexpr const char* group = "Skimming";
  SkimmingOptions& skimming = options.skimming;
  SkimmingOptionList list{};
  list.coefficient = command.add_option("--skim-coefficient", skimming.coefficient, coefficient_text)
                         ->type_name("X")
                         ->check(real_number(0))
                         ->group(group);
  list.others.push_back(command
                            .add_option("--skim-warmup-ratio", options.training.skim_warmup_ratio,
                                        "Share of the steps over which the coefficient grows from 0")
                            ->type_name("X")
                            ->check(real_number(0, 1))
                            ->group(group));
  list.others.push_back(
      command
          .add_option("--skim-predictor-size", skimming.predictor_size,
                      "Width of the skim predictors (default: the model's own, else its hidden size)")
          ->type_name("N")
          ->check(whole_number(1, 1 << 20))
          ->group(group));
  list.others.push_back(
      command
          .add_option("--skim-threshold", skimming.threshold,
                      "Keep a token when its keep logit exceeds its skim logit by more than X (default: 0)")
          ->type_name("X")
          ->check(real_number())
          ->group(group));
  list.others.push_back(
      command
          .add_option(
              "--semantics", words.semantics,
              "removal: train what removing tokens computes (default); original: as the published code")
          ->type_name("NAME")
          ->check(one_of({"removal", "original"}))
          ->group(group));
  list.others.push_back(
      command
          .add_option("--gumbel-temperature", skimming.temperature, "Of the relaxed decisions (default: 1)")
          ->type_name("X")
          ->check(real_number(1e-3))
          ->group(group));
  return list;
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
  real("--adam-beta1", training.adam_beta1, "Of AdamW: memory of the gradient", 0);
  real("--adam-beta2", training.adam_beta2, "Of AdamW: memory of its square", 0);
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

void add_run_options(CLI::App& command, RunOptions& options, TrainingWords& words) {
  constexpr const char* group = "Run";
  TrainingOptions& training = options.training;
  const auto whole = [&](const char* name, auto& value, const char* text, std::int64_t minimum) {
    command.add_option(name, value, text)->type_name("N")->check(whole_number(minimum))->group(group);
  };
  whole("--eval-steps", training.eval_steps, "Evaluate every N steps; 0: after every epoch", 0);
  whole("--save-steps", training.save_steps, "Write a checkpoint every N steps; 0: whenever it evaluates", 0);
  whole("--save-total-limit", training.save_total_limit, "Checkpoints to keep", 1);
  whole("--logging-steps", training.logging_steps, "Log means every N steps", 1);
  command
      .add_option("--resume-from-checkpoint", options.resume_from,
                  "Continue the run that wrote this checkpoint-STEP directory")
      ->type_name("DIR")
      ->group(group);
  command.add_flag("--resume", words.resume, "Continue from the latest checkpoint in --output-dir")
      ->group(group);
  command
      .add_option("--precision", words.precision,
                  "f32, bf16 (matrix products), or auto: bf16 on CUDA devices, f32 on processors")
      ->type_name("NAME")
      ->check(one_of({"f32", "bf16", "auto"}))
      ->group(group);
  command.add_option("--device", words.device, "cpu, cuda, or auto: cuda where there is one")
      ->type_name("NAME")
      ->check(one_of({"cpu", "cuda", "auto"}))
      ->group(group);
  whole("--threads", options.threads, "Threads; 0: all processors this process may use", 0);
}

void complete(const TrainingWords& words, RunOptions& options) {
  ComputeSettings& compute = options.training.compute;
  compute.device = device_from_name(words.device);
  compute.bf16 = bf16_from_name(words.precision, compute.device);
  if (words.semantics) {
    options.skimming.semantics =
        *words.semantics == "original" ? SkimSemantics::original : SkimSemantics::removal;
  }
  if (!words.resume) return;
  if (!options.resume_from.empty())
    throw UsageError("say either --resume or --resume-from-checkpoint, not both");
  const auto latest = latest_checkpoint(options.training.output_dir);
  if (!latest) throw UsageError("--resume: " + options.training.output_dir.string() + " holds no checkpoint");
  options.resume_from = *latest;
}

void require_finished(const TrainingResult& result) {
  if (!result.finished) {
    throw Error(fmt::format(
        "interrupted at step {}; the same command with --resume-from-checkpoint {} goes on from there",
        result.steps, result.checkpoint.string()));
  }
}

}  // namespace transkimmer
