#pragma once

#include <CLI/App.hpp>

namespace transkimmer {

// Each adds one subcommand, which runs while the command line is parsed and reports failure by throwing.

void add_tokenize_command(CLI::App& app);
void add_inspect_command(CLI::App& app);
void add_predict_command(CLI::App& app);
void add_benchmark_command(CLI::App& app);
void add_evaluate_command(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_build_vocabulary_command(CLI::App& app);
void add_export_command(CLI::App& app);

// In transkimmer-train alone.
void add_finetune_command(CLI::App& app);
void add_pretrain_command(CLI::App& app);
void add_demo_command(CLI::App& app);

}  // namespace transkimmer
