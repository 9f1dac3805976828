// The program `transkimmer-train`: what needs libtorch. Users reach it as `transkimmer finetune`,
// `transkimmer pretrain` and `transkimmer demo`.
#include "commands/commands.h"
#include "commands/program.h"

namespace {

void add_commands(CLI::App& app) {
  transkimmer::add_finetune_command(app);
  transkimmer::add_pretrain_command(app);
  transkimmer::add_demo_command(app);
}

}  // namespace

int main(int argc, char** argv) {
  return transkimmer::run_program(
      {.description =
           "Transkimmer's training program: pretrains encoders, and fine-tunes them so that they skim.",
       .add_commands = add_commands,
       .delegated = {},
       .delegate = {},
       .delegate_hint = {}},
      argc, argv);
}
