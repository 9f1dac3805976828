#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>

#include <CLI/App.hpp>

#include "transkimmer/options.h"

namespace transkimmer {

// Checks for option values. They run before the value is converted, so that one wording serves all commands:
// `--threads: expected a whole number from 0 to 1024, found '-1'`.

CLI::Validator whole_number(std::int64_t minimum,
                            std::int64_t maximum = std::numeric_limits<std::int64_t>::max());
/// NaN and infinities are never accepted.
CLI::Validator real_number(double minimum = std::numeric_limits<double>::lowest(),
                           double maximum = std::numeric_limits<double>::max());

/// The name of the group that options of the engine and of the output are shown under.
inline constexpr const char* engine_group = "Engine";
inline constexpr const char* output_group = "Output";

/// --model DIR, required.
CLI::Option* add_model_option(CLI::App& command, std::filesystem::path& directory);
/// --threads, --skim-threshold and --dense.
void add_engine_options(CLI::App& command, EngineOptions& options);
/// --json.
CLI::Option* add_json_option(CLI::App& command, bool& json);

}  // namespace transkimmer
