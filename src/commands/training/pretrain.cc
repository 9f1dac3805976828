#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "base/progress.h"
#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "commands/training/training_narrator.h"
#include "commands/training/training_options.h"
#include "training/runs/pretraining.h"

namespace transkimmer {
namespace {

struct PretrainCommand {
  PretrainingOptions options;
  TrainingWords words;
  std::string initialization = "neighbours";
  bool json = false;
};

void add_text_options(CLI::App& command, PretrainingOptions& options) {
  const OptionGroup group(command, "Text");
  group.value("--data", options.data, "PATH...",
              "Text to learn from: plain files (one document each, or <doc> blocks), .jsonl with \"text\", "
              "and directories of them");
  group.value("--token-file", options.token_file, "FILE",
              "Where the text is kept as token ids; made when it is not there (default: corpus.tokens in "
              "--output-dir)");
  group.real("--held-out-fraction", options.held_out_fraction,
             "Share of the documents that is kept for perplexity; 0: none", {0, 0.5});
  group.whole("--max-length", options.blocks.max_length, "Tokens of a sequence", {3, 1 << 20});
  group.whole("--long-max-length", options.blocks.long_length,
              "Tokens of a long sequence; 0: 512, or fewer if the model says so", {0, 1 << 20});
  group.real("--long-block-fraction", options.blocks.long_fraction,
             "Share of the tokens in long sequences, which train the later positions", {0, 1});
  group.real("--mask-probability", options.masking.probability, "Share of the words that are predicted",
             {1e-6, 1});
  add_split_option(command, options.split_special_tokens, "Text");
}

void add_initialization_option(CLI::App& command, std::string& initialization) {
  OptionGroup(command, kModelGroup)
      .word("--initialization", initialization, {"neighbours", "published"},
            "Random weights to begin with. neighbours: the first layer's heads look at the next words, which "
            "small encoders otherwise take millions of tokens to find; published: BERT's");
}

void add_pretraining_skimming(CLI::App& command, PretrainCommand& pretrain_command) {
  CLI::Option* const coefficient =
      add_skimming_options(command, pretrain_command.options, pretrain_command.words,
                           "Train skim predictors too, with this weight of the skim loss (default: none)");
  for (CLI::Option* option :
       command.get_options([](const CLI::Option* each) { return each->get_group() == kSkimmingGroup; })) {
    if (option != coefficient) option->needs(coefficient);
  }
}

/// Small models from random weights: they bear, and need, far higher rates than fine-tuning.
void set_pretraining_defaults(TrainingOptions& training) {
  training.learning_rate = 1e-3;
  training.weight_decay = 0.01;
  training.warmup_ratio = 0.05;
  training.adam_beta2 = 0.98;
  training.num_train_epochs = 1;
  training.train_batch_size = 64;
  training.logging_steps = 50;
  training.eval_steps = 500;
  training.save_steps = 500;
  training.save_total_limit = 2;
}

std::string data_text(const PretrainingPlan& plan) {
  return fmt::format("{} documents, {} tokens to learn from, {} held out", with_separators(plan.documents),
                     with_separators(plan.tokens), with_separators(plan.held_out_tokens));
}

/// The last evaluation that the log has, if any.
std::optional<LogEntry> last_evaluation(const TrainingResult& result) {
  for (auto entry = result.log_history.rbegin(); entry != result.log_history.rend(); ++entry) {
    for (const auto& [name, value] : *entry) {
      if (name == "eval_perplexity") return *entry;
    }
  }
  return std::nullopt;
}

double value_of(const LogEntry& entry, std::string_view wanted) {
  for (const auto& [name, value] : entry) {
    if (name == wanted) return value;
  }
  return 0;
}

Json as_json(const PretrainingResult& result, const PretrainingOptions& options) {
  Json json = {{"output_dir", options.training.output_dir.string()},
               {"skimming", result.plan.config.skim.enabled},
               {"documents", result.plan.documents},
               {"tokens_per_epoch", result.plan.tokens},
               {"held_out_tokens", result.plan.held_out_tokens},
               {"parameters", result.plan.parameters},
               {"steps", result.training.steps},
               {"seconds", result.training.seconds}};
  if (const auto entry = last_evaluation(result.training)) {
    json["perplexity"] = value_of(*entry, "eval_perplexity");
    json["masked_accuracy"] = value_of(*entry, "eval_accuracy");
  }
  return json;
}

void print_summary(const PretrainingResult& result, const PretrainingOptions& options) {
  std::cout << fmt::format("trained {} steps in {}; the model is in {}\n", result.training.steps,
                           duration_text(std::chrono::duration<double>(result.training.seconds)),
                           escaped(options.training.output_dir.string()));
  if (const auto entry = last_evaluation(result.training)) {
    std::cout << fmt::format("held-out perplexity {:.2f}, {} of the hidden tokens guessed\n",
                             value_of(*entry, "eval_perplexity"), percent(value_of(*entry, "eval_accuracy")));
  }
}

void run_pretrain(PretrainCommand& pretrain_command) {
  PretrainingOptions& options = pretrain_command.options;
  complete(pretrain_command.words, options);
  options.skimming.enabled = options.skimming.coefficient.has_value();
  options.initialization =
      pretrain_command.initialization == "published" ? Initialization::published : Initialization::neighbours;
  const InterruptGuard guard(kInterruptedTraining);
  TrainingNarrator narrator(TrainingNarrator::Speed::tokens);
  ReadingLine tokenization("tokenising");
  const PretrainingResult result = pretrain(
      options,
      {.training = narrator.events(guard),
       .notices = notices_on_standard_error(),
       .on_tokenization = [&](std::uint64_t read, std::uint64_t total) { tokenization.update(read, total); },
       .on_start =
           [&](const PretrainingPlan& plan) {
             tokenization.finish();
             narrator.start(data_text(plan), plan);
           }});
  narrator.finish();
  require_finished(result.training);
  if (pretrain_command.json) {
    print_json(as_json(result, options));
  } else {
    print_summary(result, options);
  }
}

}  // namespace

void add_pretrain_command(CLI::App& app) {
  auto pretrain_command = std::make_shared<PretrainCommand>();
  set_pretraining_defaults(pretrain_command->options.training);
  CLI::App* command = app.add_subcommand(
      "pretrain",
      "Train a masked language model on plain text. The output directory gets a Hugging Face style model "
      "that finetune --model takes, trainer_state.json and checkpoint-STEP folders to resume from.");
  add_text_options(*command, pretrain_command->options);
  add_model_options(*command, pretrain_command->options);
  add_initialization_option(*command, pretrain_command->initialization);
  add_pretraining_skimming(*command, *pretrain_command);
  add_optimisation_options(*command, pretrain_command->options.training, pretrain_command->words);
  OptionGroup(*command, kOptimisationGroup)
      .whole("--max-tokens", pretrain_command->options.max_tokens,
             "Tokens in all, in place of epochs or steps; 0: no limit");
  add_run_options(*command, pretrain_command->options, pretrain_command->words);
  add_json_option(*command, pretrain_command->json);
  command->footer(
      "Example:\n"
      "  transkimmer pretrain --data wikipedia/ --model my-encoder --from-scratch --output-dir pretrained");
  command->callback([pretrain_command] { run_pretrain(*pretrain_command); });
}

}  // namespace transkimmer
