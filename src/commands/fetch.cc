#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/named_models.h"
#include "commands/program/output.h"
#include "hub/fetch_model.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

struct FetchOptions {
  std::vector<std::string> names;
  bool json = false;
};

ModelName parsed(const std::string& text) {
  if (auto name = ModelName::parse(text)) return std::move(*name);
  throw UsageError(fmt::format(
      "expected the name of a model on the Hub, org/name or org/name@revision, found {}", in_quotes(text)));
}

void run_fetch(const FetchOptions& options) {
  std::vector<ModelName> names;
  for (const std::string& name : options.names) names.push_back(parsed(name));
  const HubSettings settings = HubSettings::from_environment();
  if (settings.offline) throw UsageError("HF_HUB_OFFLINE is set, so nothing can be fetched");
  Json models = Json::array();
  for (const ModelName& name : names) {
    FetchNarrator narrator;
    const FetchedModel model = fetch_model(name, settings, narrator.observer());
    narrator.finish();
    if (!options.json) std::cout << model.directory.string() << std::endl;
    models.push_back({{"model", name.repository()},
                      {"revision", name.revision()},
                      {"commit", model.commit},
                      {"directory", model.directory.string()},
                      {"fetched_bytes", model.bytes}});
  }
  if (options.json) print_json(models, 2);
}

}  // namespace

void add_fetch_command(CLI::App& app) {
  auto options = std::make_shared<FetchOptions>();
  CLI::App* command = app.add_subcommand("fetch",
                                         "Fetch models from the Hugging Face Hub. They go into the cache "
                                         "that Hugging Face's Python packages use, too, "
                                         "and commands that are given their names then find them there, "
                                         "online or not. Prints the directory of each.");
  command->add_option("names", options->names, "org/name, or org/name@revision with a branch, tag or commit")
      ->type_name("NAME")
      ->default_str("")
      ->required();
  add_json_option(*command, options->json);
  command->footer("Example:\n  transkimmer fetch sentence-transformers/all-MiniLM-L6-v2");
  command->callback([options] { run_fetch(*options); });
}

}  // namespace transkimmer
