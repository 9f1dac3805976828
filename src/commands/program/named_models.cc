#include "commands/program/named_models.h"

#include <iostream>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "commands/program/output.h"

namespace transkimmer {

FetchObserver FetchNarrator::observer() {
  return {.notices = notices_on_standard_error(),
          .progress = [this](std::uint64_t done, std::uint64_t total) {
            if (!line_) line_.emplace("fetching");
            line_->update(done, total);
          }};
}

void FetchNarrator::finish() {
  if (line_) line_->finish();
}

std::filesystem::path model_directory(const std::filesystem::path& model) {
  FetchNarrator narrator;
  const FoundModel found = find_model(model, narrator.observer());
  narrator.finish();
  if (!found.description.empty()) std::cerr << fmt::format("note: the model is {}\n", found.description);
  return found.directory;
}

void resolve_models(CLI::App& program) {
  for (CLI::App* const command : program.get_subcommands()) {
    for (CLI::Option* const option : command->get_options()) {
      if (option->get_type_name() != kModelType || option->count() == 0) continue;
      const std::vector<std::string> models = option->results();
      option->clear();
      for (const std::string& model : models) option->add_result(model_directory(model).string());
      option->run_callback();
    }
  }
}

}  // namespace transkimmer
