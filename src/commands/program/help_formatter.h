#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace transkimmer {

/// Help as people read it on a terminal: text wrapped to 100 columns, defaults after the description, and one
/// line per subcommand in the overview.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override;
  std::string make_group(std::string group, bool is_positional,
                         std::vector<const CLI::Option*> options) const override;
  std::string make_option(const CLI::Option* option, bool is_positional) const override;
  std::string make_subcommand(const CLI::App* command) const override;
  std::string make_usage(const CLI::App* app, std::string name) const override;
};

}  // namespace transkimmer
