#pragma once

#include <CLI/App.hpp>

namespace transkimmer {

// Each adds one subcommand, which runs while the command line is parsed and reports failure by throwing.

/// `transkimmer serve`.
void add_serve_command(CLI::App& app);
/// `transkimmer tokenize`.
void add_tokenize_command(CLI::App& app);
/// `transkimmer inspect`.
void add_inspect_command(CLI::App& app);
/// `transkimmer predict`.
void add_predict_command(CLI::App& app);
/// `transkimmer benchmark`.
void add_benchmark_command(CLI::App& app);
/// `transkimmer evaluate`.
void add_evaluate_command(CLI::App& app);
/// `transkimmer sweep`.
void add_sweep_command(CLI::App& app);
/// `transkimmer build-vocabulary`.
void add_build_vocabulary_command(CLI::App& app);
/// `transkimmer fetch`.
void add_fetch_command(CLI::App& app);
/// `transkimmer cache`.
void add_cache_command(CLI::App& app);
/// `transkimmer export`.
void add_export_command(CLI::App& app);

// In transkimmer-train alone.

/// `transkimmer-train finetune`.
void add_finetune_command(CLI::App& app);
/// `transkimmer-train pretrain`.
void add_pretrain_command(CLI::App& app);
/// `transkimmer-train demo`.
void add_demo_command(CLI::App& app);

}  // namespace transkimmer
