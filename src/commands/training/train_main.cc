// The program `transkimmer-train`: what needs libtorch. Users reach it as `transkimmer finetune`,
// `transkimmer pretrain` and `transkimmer demo`.
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include "commands/program/commands.h"
#include "commands/program/program.h"

namespace {

/// Activations of every step have the sizes of those of the step before. By default glibc returns blocks as
/// large to the system at once, and faulting their pages in again takes some percent of a step.
void keep_freed_memory() {
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD)
  constexpr int kLargestBlock = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, kLargestBlock);
  mallopt(M_TRIM_THRESHOLD, 2 * (kLargestBlock - 1));
#endif
}

void add_commands(CLI::App& app) {
  transkimmer::add_finetune_command(app);
  transkimmer::add_pretrain_command(app);
  transkimmer::add_demo_command(app);
}

}  // namespace

int main(int argc, char** argv) {
  keep_freed_memory();
  return transkimmer::run_program(
      {.description =
           "Transkimmer's training program: pretrains encoders, and fine-tunes them so that they skim.",
       .add_commands = add_commands,
       .delegated = {},
       .delegate = {},
       .delegate_hint = {}},
      argc, argv);
}
