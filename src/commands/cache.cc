#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/escaping.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "hub/cache/cache_contents.h"
#include "hub/cache/data_cache.h"
#include "hub/names/settings.h"

namespace transkimmer {
namespace {

struct CacheOptions {
  bool prune = false;
  bool dry_run = false;
  bool json = false;
};

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

Json as_json(const std::vector<CachedModel>& models) {
  Json list = Json::array();
  for (const CachedModel& model : models) {
    Json revisions = Json::array();
    for (const CachedRevision& revision : model.revisions)
      revisions.push_back({{"commit", revision.commit},
                           {"revisions", revision.names},
                           {"directory", revision.folder.string()},
                           {"files", revision.files},
                           {"bytes", revision.bytes}});
    list.push_back({{"model", model.repository}, {"bytes", model.bytes}, {"commits", std::move(revisions)}});
  }
  return list;
}

void print_models(const std::vector<CachedModel>& models, const std::filesystem::path& cache) {
  std::uint64_t bytes = 0;
  for (const CachedModel& model : models) {
    bytes += model.bytes;
    std::cout << fmt::format("{}  {}\n", model.repository, megabytes(model.bytes));
    for (const CachedRevision& revision : model.revisions)
      std::cout << fmt::format(
          "  {}  {} files, {}  {}\n", escaped(revision.commit), revision.files, megabytes(revision.bytes),
          revision.names.empty() ? "(no branch or tag)"
                                 : escaped(fmt::format("{}", fmt::join(revision.names, ", "))));
  }
  std::cout << fmt::format("{} models, {} in {}\n", models.size(), megabytes(bytes), escaped(cache.string()));
}

Json as_json(const std::vector<CachedData>& data) {
  Json list = Json::array();
  for (const CachedData& one : data)
    list.push_back(
        {{"task", one.name}, {"directory", one.folder.string()}, {"files", one.files}, {"bytes", one.bytes}});
  return list;
}

void print_data(const std::vector<CachedData>& data, const std::filesystem::path& cache) {
  if (data.empty()) return;
  std::uint64_t bytes = 0;
  for (const CachedData& one : data) {
    bytes += one.bytes;
    std::cout << fmt::format("{}  {} files, {}  {}\n", escaped(one.name), one.files, megabytes(one.bytes),
                             escaped(one.folder.filename().string()));
  }
  std::cout << fmt::format("data of {} tasks, {} in {}\n", data.size(), megabytes(bytes),
                           escaped(cache.string()));
}

void list_contents(const HubSettings& settings, bool json) {
  const std::vector<CachedModel> models = cached_models(settings.cache);
  const std::vector<CachedData> data = cached_data(settings.data);
  if (!json) {
    print_models(models, settings.cache);
    return print_data(data, settings.data);
  }
  std::uint64_t bytes = 0;
  for (const CachedModel& model : models) bytes += model.bytes;
  print_json({{"cache", settings.cache.string()},
              {"bytes", bytes},
              {"models", as_json(models)},
              {"data_cache", settings.data.string()},
              {"data", as_json(data)}},
             2);
}

void prune(const HubSettings& settings, const CacheOptions& options) {
  Unneeded unneeded = prune_cache(settings.cache, options.dry_run);
  const Unneeded of_data = prune_data(settings.data, options.dry_run);
  unneeded.paths.insert(unneeded.paths.end(), of_data.paths.begin(), of_data.paths.end());
  unneeded.bytes += of_data.bytes;
  if (options.json) {
    Json paths = Json::array();
    for (const auto& path : unneeded.paths) paths.push_back(path.string());
    print_json({{"cache", settings.cache.string()},
                {"removed", !options.dry_run},
                {"bytes", unneeded.bytes},
                {"paths", paths}},
               2);
    return;
  }
  for (const auto& path : unneeded.paths) std::cout << escaped(path.string()) << '\n';
  std::cout << fmt::format("{} {}\n", options.dry_run ? "would free" : "freed", megabytes(unneeded.bytes));
}

void run_cache(const CacheOptions& options) {
  const HubSettings settings = HubSettings::from_environment();
  if (options.prune) {
    prune(settings, options);
  } else {
    list_contents(settings, options.json);
  }
}

}  // namespace

void add_cache_command(CLI::App& app) {
  auto options = std::make_shared<CacheOptions>();
  CLI::App* command = app.add_subcommand(
      "cache",
      "List the models that were fetched from the Hugging Face Hub, by this program or by Hugging Face's "
      "Python packages, with the commits that are here, the branches and tags that mean them, and their "
      "sizes; and the data sets that this program has fetched.");
  CLI::Option* const prune =
      command->add_flag("--prune", options->prune,
                        "Remove commits that no branch or tag means, and what broken downloads left behind");
  command->add_flag("--dry-run", options->dry_run, "Only say what --prune would remove")->needs(prune);
  add_json_option(*command, options->json);
  command->footer("Example:\n  transkimmer cache --prune --dry-run");
  command->callback([options] { run_cache(*options); });
}

}  // namespace transkimmer
