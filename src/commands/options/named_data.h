#pragma once

#include <filesystem>
#include <string>

#include <CLI/App.hpp>

#include "datasets/tasks.h"

namespace transkimmer {

/// What says more of the task that --task names.
struct NamedDataOptions {
  std::filesystem::path task_file;  ///< of tasks beside those of the catalogue; may be empty
  std::string mirror;               ///< in place of the hosts that the task names; may be empty
};

/// --task-file and --mirror.
void add_named_data_options(CLI::App& command, NamedDataOptions& options, const std::string& group);

/// Throws UsageError where these options are given though no task is.
void require_task(const NamedDataOptions& options);

/// find_data for a person: shows how far a download is, and says on standard error where the data is. Throws
/// as find_data does.
std::filesystem::path data_directory(const Task& task, const NamedDataOptions& options);

}  // namespace transkimmer
