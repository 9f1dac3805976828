#include "commands/program/program.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <new>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>

#include "commands/program/delegate.h"
#include "commands/program/help_formatter.h"
#include "commands/program/named_models.h"
#include "commands/program/output.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, substituted});
    }
  }
  return row.back();
}

/// The candidate that `word` is probably a misspelling of, or nothing.
std::optional<std::string> nearest(const std::string& word, const std::vector<std::string>& candidates) {
  const auto closer = [&](const std::string& a, const std::string& b) {
    return edit_distance(word, a) < edit_distance(word, b);
  };
  const auto best = std::min_element(candidates.begin(), candidates.end(), closer);
  if (best == candidates.end()) return std::nullopt;
  // A third of the letters wrong is a misspelling, more is another word.
  if (edit_distance(word, *best) > std::max<std::size_t>(1, best->size() / 3)) return std::nullopt;
  return *best;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const auto match = nearest(word, candidates);
  return match ? fmt::format("; did you mean '{}'?", *match) : std::string();
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) names.push_back(option->get_name());
  return names;
}

/// The subcommand being parsed, or the program itself.
const CLI::App& active_command(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : *parsed.front();
}

std::string usage_message(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = active_command(app);
  const auto extras = app.remaining(true);
  if (!extras.empty()) {
    const std::string word = extras.front().substr(0, extras.front().find('='));
    if (!word.starts_with('-')) return fmt::format("unexpected argument '{}'", word);
    const std::vector<std::string> known = option_names(command);
    const bool is_delegated = known.size() <= 1;  // its options are another program's
    if (is_delegated || std::find(known.begin(), known.end(), word) != known.end())
      return fmt::format("'{}' stands before the command, and belongs behind it: {} {} {}", word,
                         app.get_name(), command.get_name(), word);
    return fmt::format("unknown option '{}'{}", word, suggestion(word, known));
  }
  if (&command == &app) return fmt::format("no command given; '{} --help' lists them", app.get_name());
  return error.what();
}

/// CLI11 lets an unknown first word end in a vague message, so it is checked beforehand.
void check_command(const CLI::App& app, const std::string& word) {
  const auto names = command_names(app);
  if (std::find(names.begin(), names.end(), word) != names.end()) return;
  throw UsageError(fmt::format("unknown command '{}'{}", word, suggestion(word, names)));
}

/// An empty shell variable in a path's place would else count as an option that was not given.
void refuse_empty_paths(CLI::App& command) {
  const CLI::Validator check(
      [](const std::string& value) {
        return value.empty() ? std::string("expected the name of a file or folder, found ''") : std::string();
      },
      "", "");
  for (CLI::Option* option : command.get_options()) {
    const std::string type = option->get_type_name();
    if (type.starts_with("FILE") || type.starts_with("DIR") || type == kModelType) option->check(check);
  }
}

void configure(CLI::App& app, const ProgramOptions& options) {
  app.formatter(std::make_shared<HelpFormatter>());
  app.option_defaults()->always_capture_default();
  app.set_help_flag("-h,--help", "Show this help and exit");
  app.set_version_flag("--version", std::string("transkimmer " TRANSKIMMER_VERSION),
                       "Show the version and exit");
  app.require_subcommand(1);
  options.add_commands(app);
  app.parse_complete_callback([&app] { resolve_models(app); });
  for (const auto& command : options.delegated) {
    app.add_subcommand(std::string(command.name), std::string(command.description));
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    command->group("Commands");
    refuse_empty_paths(*command);
  }
  app.footer(fmt::format("'{} COMMAND --help' describes one command.", app.get_name()));
}

void parse_and_run(CLI::App& app, const ProgramOptions& options, int argc, char** argv) {
  configure(app, options);
  const std::string first = argc > 1 ? argv[1] : "";
  if (!first.empty() && !first.starts_with('-')) check_command(app, first);
  const auto named_first = [&](const DelegatedCommand& command) { return command.name == first; };
  if (std::any_of(options.delegated.begin(), options.delegated.end(), named_first)) {
    run_delegate({std::string(options.delegate), app.get_name(), std::string(options.delegate_hint)}, argv);
  }
  app.parse(argc, argv);
}

void finish_output() {
  std::cout.flush();
  if (!std::cout) throw IoError("standard output: cannot be written");
}

/// Runs the command line and shows help or the version when that is what it asks for.
void carry_out(CLI::App& app, const ProgramOptions& options, int argc, char** argv) {
  try {
    parse_and_run(app, options, argc, argv);
  } catch (const CLI::Success& request) {
    app.exit(request);
  }
  finish_output();
}

/// Seen before anything is parsed: the error may be one of parsing.
bool asks_for_json(int argc, char** argv) {
  return std::any_of(argv + std::min(argc, 1), argv + argc, [](std::string_view argument) {
    return argument == "--json" || argument.starts_with("--json=");
  });
}

}  // namespace

int run_program(const ProgramOptions& options, int argc, char** argv) {
  // A reader that has seen enough (`| head`) ends the program silently, even under a parent that ignores
  // SIGPIPE.
  std::signal(SIGPIPE, SIG_DFL);
  CLI::App app{std::string(options.description),
               argc > 0 ? std::filesystem::path(argv[0]).filename().string() : ""};
  const bool json = asks_for_json(argc, argv);
  const auto fail = [&](int status, const std::string& message) {
    std::cout.flush();
    print_error(app.get_name(), message, json);
    return status;
  };
  try {
    carry_out(app, options, argc, argv);
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(kBadUsage, usage_message(app, error));
  } catch (const UsageError& error) {
    return fail(kBadUsage, error.what());
  } catch (const Error& error) {
    return fail(kFailed, error.what());
  } catch (const std::bad_alloc&) {
    return fail(kFailed, "out of memory");
  } catch (const std::exception& error) {
    return fail(kFailed, fmt::format("unexpected failure: {}", error.what()));
  }
}

}  // namespace transkimmer
