#include "commands/training/training_options.h"

#include <fmt/format.h>

#include "commands/options/command_options.h"
#include "commands/program/named_models.h"
#include "commands/program/output.h"
#include "training/loop/checkpoint.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

// Words of --resume.
constexpr const char* kLatest = "latest";
constexpr const char* kAutomatic = "auto";

}  // namespace

void add_model_options(CLI::App& command, RunOptions& options) {
  const OptionGroup group(command, kModelGroup);
  const bool has_default = !options.model.empty();
  group
      .value(
          "--model", options.model, kModelType,
          "Model directory as Hugging Face lays it out (config.json, tokenizer files, and weights in "
          "model.safetensors or pytorch_model.bin; none needed with --from-scratch), or a name on the Hub: "
          "org/name or org/name@revision")
      ->required(!has_default);
  group
      .value("--output-dir", options.training.output_dir, "DIR", "Where the trained model and checkpoints go")
      ->required();
  group.flag("--from-scratch", options.from_scratch, "Start from random weights");
  group.flag("--overwrite-output-dir", options.overwrite_output_dir,
             "Write into a directory that is not empty");
}

CLI::Option* add_skimming_options(CLI::App& command, RunOptions& options, TrainingWords& words,
                                  const std::string& coefficient_text) {
  const OptionGroup group(command, kSkimmingGroup);
  SkimmingOptions& skimming = options.skimming;
  CLI::Option* const coefficient =
      group.real("--skim-coefficient", skimming.coefficient, coefficient_text, {0});
  group.real("--skim-warmup-ratio", options.training.skim_warmup_ratio,
             "Share of the steps over which the coefficient grows from 0", {0, 1});
  group.whole("--skim-predictor-size", skimming.predictor_size,
              "Width of the skim predictors (default: the model's own, else its hidden size)", {1, 1 << 20});
  group.real("--skim-threshold", skimming.threshold,
             "Keep a token when its keep logit exceeds its skim logit by more than X (default: the model's "
             "own, else 0)");
  group.word("--semantics", words.semantics, {"removal", "original"},
             "removal: train what removing tokens computes; original: as the published code (default: the "
             "model's own, else removal)");
  group.real("--gumbel-temperature", skimming.temperature,
             "Of the relaxed decisions (default: the model's own, else 1)", {1e-3});
  return coefficient;
}

void add_optimisation_options(CLI::App& command, TrainingOptions& training, TrainingWords& words) {
  const OptionGroup group(command, kOptimisationGroup);
  group.real("--learning-rate", training.learning_rate, "Peak learning rate of AdamW", {0});
  group.real("--predictor-learning-rate", training.predictor_learning_rate,
             "The same for the skim predictors (default: --learning-rate)", {0});
  group.real("--num-train-epochs", training.num_train_epochs,
             "Passes over the training data (default: 3, or as many as make 600 steps, up to 20)", {0});
  group.whole("--max-steps", training.max_steps, "Steps in all; 0: as many as the epochs make");
  group.whole("--per-device-train-batch-size", training.train_batch_size, "Sequences of one forward pass",
              {1});
  group.whole("--per-device-eval-batch-size", training.eval_batch_size, "The same in evaluation", {1});
  group.whole("--gradient-accumulation-steps", training.gradient_accumulation_steps,
              "Forward passes to one step", {1});
  group.real("--weight-decay", training.weight_decay, "Not applied to biases and layer norms", {0});
  group.real("--adam-beta1", training.adam_beta1, "Of AdamW: memory of the gradient", {0});
  group.real("--adam-beta2", training.adam_beta2, "Of AdamW: memory of its square", {0});
  group.real("--adam-epsilon", training.adam_epsilon, "Of AdamW", {0});
  group.word(
      "--optim", words.optim, {"adamw_torch", "adamw_hf"},
      "Form of AdamW: PyTorch's, or that of the published scripts, whose epsilon weighs more in first steps "
      "(default: " +
          std::string(name_of(training.optim)) + ")");
  group.real("--warmup-ratio", training.warmup_ratio, "Share of the steps over which the learning rate grows",
             {0, 1});
  group.real("--max-grad-norm", training.max_grad_norm, "Gradients are scaled down to this norm; 0: never",
             {0});
  group.whole("--seed", training.seed, "Of everything random");
}

void add_run_options(CLI::App& command, RunOptions& options, TrainingWords& words) {
  const OptionGroup group(command, "Run");
  TrainingOptions& training = options.training;
  group.whole("--eval-steps", training.eval_steps, "Evaluate every N steps; 0: after every epoch");
  group.whole("--save-steps", training.save_steps,
              "Write a checkpoint every N steps; 0: whenever it evaluates");
  group.whole("--save-total-limit", training.save_total_limit, "Checkpoints to keep", {1});
  group.whole("--logging-steps", training.logging_steps, "Log means every N steps", {1});
  group.value("--resume-from-checkpoint", options.resume_from, "DIR",
              "Continue the run that wrote this checkpoint-STEP directory; auto: as --resume auto");
  group
      .word("--resume", words.resume, {kLatest, kAutomatic},
            "Continue from a checkpoint in --output-dir. latest: the newest; auto: the newest usable one, or "
            "begin where there is none, so that one command line starts a run and restarts it")
      ->type_name("[NAME]")
      ->expected(0, 1)
      ->default_str(kLatest);
  group.word("--precision", words.precision, {"f32", "bf16", "auto"},
             "f32, bf16 (matrix products), or auto: bf16 on CUDA devices and processors with AVX-512 "
             "BF16, else f32");
  group.word("--device", words.device, {"cpu", "cuda", "auto"},
             "cpu, cuda, or auto: cuda where there is one");
  group.whole("--threads", options.threads, "Threads; 0: all processors this process may use");
}

namespace {

void find_checkpoint(const TrainingWords& words, RunOptions& options) {
  const std::filesystem::path& output = options.training.output_dir;
  if (!words.resume.empty() && !options.resume_from.empty())
    throw UsageError("say either --resume or --resume-from-checkpoint, not both");
  if (words.resume == kAutomatic || options.resume_from == kAutomatic) {
    options.resume_if_possible = true;
    options.resume_from = latest_usable_checkpoint(output, notices_on_standard_error()).value_or("");
  } else if (!words.resume.empty()) {
    const auto checkpoint = latest_checkpoint(output);
    if (!checkpoint) throw UsageError("--resume: " + output.string() + " holds no checkpoint");
    options.resume_from = *checkpoint;
  }
}

}  // namespace

void complete(const TrainingWords& words, RunOptions& options) {
  ComputeSettings& compute = options.training.compute;
  compute.device = device_from_name(words.device);
  compute.bf16 = bf16_from_name(words.precision, compute.device);
  if (words.semantics) {
    options.skimming.semantics =
        *words.semantics == "original" ? SkimSemantics::original : SkimSemantics::removal;
  }
  if (words.optim)
    options.training.optim = *words.optim == name_of(AdamWForm::torch) ? AdamWForm::torch : AdamWForm::hf;
  options.model = model_directory(options.model);
  find_checkpoint(words, options);
}

void require_finished(const TrainingResult& result) {
  if (!result.finished) {
    throw Error(fmt::format(
        "interrupted at step {}, which {} holds; the same command with --resume goes on from there",
        result.steps, result.checkpoint.string()));
  }
}

}  // namespace transkimmer
