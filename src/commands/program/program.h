#pragma once

#include <span>
#include <string_view>

#include <CLI/App.hpp>

namespace transkimmer {

/// A subcommand that another program carries out, the way git reaches its subcommands.
struct DelegatedCommand {
  std::string_view name;
  std::string_view description;
};

/// What tells one program of the project from the other.
struct ProgramOptions {
  std::string_view description;
  void (*add_commands)(CLI::App& app) = nullptr;
  /// Commands handed over, with the same arguments, to `delegate`, which is looked for beside the running
  /// program and then on PATH.
  std::span<const DelegatedCommand> delegated;
  std::string_view delegate;
  /// Completes "this command needs ...": what the delegate is and how to get it.
  std::string_view delegate_hint;
};

/// Parses the command line, runs the subcommand and turns every exception into one line on standard error,
/// a JSON object when --json is among the arguments.
/// Returns the exit status: 0, 1 (failed), 2 (bad usage).
int run_program(const ProgramOptions& options, int argc, char** argv);

}  // namespace transkimmer
