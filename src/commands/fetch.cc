#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/escaping.h"
#include "base/strings/quoting.h"
#include "commands/options/command_options.h"
#include "commands/options/named_data.h"
#include "commands/program/commands.h"
#include "commands/program/named_models.h"
#include "commands/program/output.h"
#include "hub/cache/data_cache.h"
#include "hub/fetch_model.h"
#include "hub/find_data.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct FetchOptions {
  std::vector<std::string> names;
  std::vector<std::string> tasks;
  NamedDataOptions named_data;
  bool info = false;
  bool json = false;
};

ModelName parsed(const std::string& text) {
  if (auto name = ModelName::parse(text)) return std::move(*name);
  throw UsageError(fmt::format(
      "expected the name of a model on the Hub, org/name or org/name@revision, found {}", in_quotes(text)));
}

Json fetched_model(const ModelName& name, const HubSettings& settings, bool json) {
  FetchNarrator narrator;
  const FetchedModel model = fetch_model(name, settings, narrator.observer());
  narrator.finish();
  if (!json) std::cout << model.directory.string() << std::endl;
  return {{"model", name.repository()},
          {"revision", name.revision()},
          {"commit", model.commit},
          {"directory", model.directory.string()},
          {"fetched_bytes", model.bytes}};
}

Json fetched_data(const Task& task, const FetchOptions& options, const HubSettings& settings) {
  FetchNarrator narrator;
  const FoundData found =
      find_data({.name = task.name, .source = task.source, .mirror = options.named_data.mirror}, settings,
                narrator.observer());
  narrator.finish();
  if (!options.json) std::cout << found.directory.string() << std::endl;
  return {{"task", task.name}, {"directory", found.directory.string()}, {"fetched_bytes", found.bytes}};
}

std::string size_text(const PublishedFile& file) {
  return file.size == 0 ? "size not known" : fmt::format("{:.1f} MB", static_cast<double>(file.size) / 1e6);
}

Json task_json(const Task& task, const std::filesystem::path& folder) {
  Json files = Json::array();
  for (const PublishedFile& file : task.source.files) {
    Json described = {{"name", file.name}, {"addresses", file.addresses}};
    if (file.size > 0) described["bytes"] = file.size;
    if (!file.sha256.empty()) described["sha256"] = file.sha256;
    files.push_back(std::move(described));
  }
  return {{"task", task.name},
          {"description", task.description},
          {"files", std::move(files)},
          {"licence", task.source.licence},
          {"citation", task.source.citation},
          {"directory", folder.string()},
          {"fetched", directory_exists(folder)}};
}

void print_task(const Task& task, const std::filesystem::path& folder) {
  std::cout << fmt::format("{}  {}\n", escaped(task.name), escaped(task.description));
  if (task.source.files.empty())
    std::cout << "  it does not say where its data comes from: --data-dir names the folder\n";
  for (const PublishedFile& file : task.source.files) {
    std::cout << fmt::format("  {}  {}\n", escaped(file.name), size_text(file));
    for (const std::string& address : file.addresses) std::cout << fmt::format("    {}\n", escaped(address));
    std::cout << (file.sha256.empty()
                      ? "    unpinned: nobody states its SHA-256, so what comes is not checked\n"
                      : fmt::format("    SHA-256 {}\n", file.sha256));
  }
  const auto told = [](const std::string& text) { return text.empty() ? "not stated" : escaped(text); };
  std::cout << fmt::format("  licence: {}\n  citation: {}\n", told(task.source.licence),
                           told(task.source.citation));
  std::cout << fmt::format("  {} {}\n", directory_exists(folder) ? "fetched:" : "not fetched; goes to",
                           escaped(folder.string()));
}

void show_tasks(const std::vector<Task>& tasks, const FetchOptions& options) {
  const DataCache cache(HubSettings::from_environment().data);
  Json shown = Json::array();
  for (const Task& task : tasks) {
    const auto folder = cache.folder(task.name, task.source);
    if (!options.json) print_task(task, folder);
    shown.push_back(task_json(task, folder));
  }
  if (options.json) print_json(shown, 2);
}

void run_fetch(const FetchOptions& options) {
  if (options.names.empty() && options.tasks.empty())
    throw UsageError("say what to fetch: names of models, or --task");
  if (options.tasks.empty()) require_task(options.named_data);
  if (options.info && !options.names.empty()) throw UsageError("--info is for --task alone");
  std::vector<ModelName> names;
  for (const std::string& name : options.names) names.push_back(parsed(name));
  std::vector<Task> tasks;
  for (const std::string& task : options.tasks)
    tasks.push_back(find_task(task, options.named_data.task_file));
  if (options.info) return show_tasks(tasks, options);
  const HubSettings settings = HubSettings::from_environment();
  if (settings.offline) throw UsageError("HF_HUB_OFFLINE is set, so nothing can be fetched");
  Json fetched = Json::array();
  for (const ModelName& name : names) fetched.push_back(fetched_model(name, settings, options.json));
  for (const Task& task : tasks) fetched.push_back(fetched_data(task, options, settings));
  if (options.json) print_json(fetched, 2);
}

}  // namespace

void add_fetch_command(CLI::App& app) {
  auto options = std::make_shared<FetchOptions>();
  CLI::App* command = app.add_subcommand("fetch",
                                         "Fetch models from the Hugging Face Hub, and the data of tasks from "
                                         "where their authors publish it. Models go into the cache "
                                         "that Hugging Face's Python packages use, too, data into one beside "
                                         "it, and commands that are given their names then find them there, "
                                         "online or not. Prints the directory of each.");
  command->add_option("names", options->names, "org/name, or org/name@revision with a branch, tag or commit")
      ->type_name("NAME")
      ->default_str("");
  const OptionGroup group(*command, "Data");
  group.value("--task", options->tasks, "NAME", "Task of the catalogue (sst2, squad_v2, ...); once for each")
      ->default_str("")
      ->allow_extra_args(false);
  add_named_data_options(*command, options->named_data, "Data");
  group.flag("--info", options->info,
             "Fetch nothing: show where the data comes from, its size, hash, licence and citation");
  add_json_option(*command, options->json);
  command->footer(
      "Examples:\n"
      "  transkimmer fetch sentence-transformers/all-MiniLM-L6-v2\n"
      "  transkimmer fetch --task sst2 --info");
  command->callback([options] { run_fetch(*options); });
}

}  // namespace transkimmer
