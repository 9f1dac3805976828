#include "commands/options/named_data.h"

#include <iostream>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "commands/options/command_options.h"
#include "commands/program/named_models.h"
#include "hub/find_data.h"
#include "hub/names/settings.h"
#include "transkimmer/error.h"

namespace transkimmer {

void add_named_data_options(CLI::App& command, NamedDataOptions& options, const std::string& group) {
  const OptionGroup in_group(command, group);
  in_group.value("--task-file", options.task_file, "FILE",
                 "Tasks of your own beside those of the catalogue, for --task: an .ini file");
  in_group.value("--mirror", options.mirror, "URL",
                 "Folder of a web server that has the files of the task's data, in place of the hosts of "
                 "their authors");
}

void require_task(const NamedDataOptions& options) {
  if (!options.task_file.empty()) throw UsageError("--task-file goes with --task");
  if (!options.mirror.empty()) throw UsageError("--mirror goes with --task");
}

std::filesystem::path data_directory(const Task& task, const NamedDataOptions& options) {
  FetchNarrator narrator;
  const FoundData found = find_data({.name = task.name, .source = task.source, .mirror = options.mirror},
                                    HubSettings::from_environment(), narrator.observer());
  narrator.finish();
  std::cerr << fmt::format("note: the data of the task {} is {} in {}\n", in_quotes(task.name),
                           found.fetched ? "fetched, and now" : "that of the cache,",
                           found.directory.string());
  return found.directory;
}

}  // namespace transkimmer
