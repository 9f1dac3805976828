// The program `transkimmer`: everything that needs no libtorch.
#include <array>

#include "commands/program/commands.h"
#include "commands/program/program.h"

namespace {

constexpr std::array<transkimmer::DelegatedCommand, 3> kTrainingCommands = {{
    {"finetune", "Train a model with skim predictors on a task (runs transkimmer-train)"},
    {"pretrain", "Train an encoder on plain text as a masked language model (runs transkimmer-train)"},
    {"demo", "Train, evaluate and time a small model on generated text (runs transkimmer-train)"},
}};

void add_commands(CLI::App& app) {
  transkimmer::add_predict_command(app);
  transkimmer::add_serve_command(app);
  transkimmer::add_evaluate_command(app);
  transkimmer::add_sweep_command(app);
  transkimmer::add_benchmark_command(app);
  transkimmer::add_inspect_command(app);
  transkimmer::add_tokenize_command(app);
  transkimmer::add_build_vocabulary_command(app);
  transkimmer::add_export_command(app);
  transkimmer::add_fetch_command(app);
  transkimmer::add_cache_command(app);
}

}  // namespace

int main(int argc, char** argv) {
  return transkimmer::run_program(
      {.description =
           "Transkimmer runs Transformer encoders that skim: tokens a layer does not need are removed, "
           "and the arithmetic they would have cost is saved time.",
       .add_commands = add_commands,
       .delegated = kTrainingCommands,
       .delegate = "transkimmer-train",
       .delegate_hint = "the training program, which is built where libtorch is installed "
                        "(libtorch-dev, cmake -DTRANSKIMMER_TRAINING=ON)"},
      argc, argv);
}
