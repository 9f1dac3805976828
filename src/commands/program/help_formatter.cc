#include "commands/program/help_formatter.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace transkimmer {
namespace {

constexpr std::size_t kLineWidth = 100;
/// Where descriptions start; the longest option with its value (--gradient-accumulation-steps N) still fits.
constexpr std::size_t kDescriptionColumn = 36;

/// `text` in lines of at most kLineWidth - indent columns; lines after the first are indented. Line breaks
/// stay.
std::string wrap(const std::string& text, std::size_t indent) {
  std::string wrapped;
  std::size_t column = indent;
  std::istringstream lines(text);
  bool first_line = true;
  for (std::string line; std::getline(lines, line);) {
    if (!first_line) wrapped += '\n' + std::string(indent, ' ');
    first_line = false;
    column = indent;
    std::istringstream words(line);
    bool first_word = true;
    for (std::string word; words >> word;) {
      if (!first_word && column + 1 + word.size() > kLineWidth) {
        wrapped += '\n' + std::string(indent, ' ');
        column = indent;
      } else if (!first_word) {
        wrapped += ' ';
        ++column;
      }
      first_word = false;
      wrapped += word;
      column += word.size();
    }
  }
  return wrapped;
}

std::string two_columns(const std::string& left, const std::string& right) {
  std::string out = "  " + left;
  if (out.size() + 2 > kDescriptionColumn) {
    out += '\n' + std::string(kDescriptionColumn, ' ');
  } else {
    out.resize(kDescriptionColumn, ' ');
  }
  return out + wrap(right, kDescriptionColumn) + '\n';
}

std::string first_sentence(const std::string& text) {
  return text.substr(0, text.find_first_of(".\n"));
}

}  // namespace

std::string HelpFormatter::make_description(const CLI::App* app) const {
  return wrap(app->get_description(), 0) + "\n\n";
}

std::string HelpFormatter::make_group(std::string group, bool is_positional,
                                      std::vector<const CLI::Option*> options) const {
  std::string out = group + ":\n";
  for (const CLI::Option* option : options) out += make_option(option, is_positional);
  return out;
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  std::string left = make_option_name(option, is_positional);
  left.resize(std::min(left.size(), left.find('{')));  // flags that switch off are named "--no-x{false}"
  if (option->get_type_size() != 0 && !option->get_type_name().empty()) left += ' ' + option->get_type_name();
  std::string right = option->get_description();
  if (option->get_required()) right += " (required)";
  if (option->get_type_size() != 0 && !option->get_default_str().empty()) {
    right += fmt::format(" [default: {}]", option->get_default_str());
  }
  return two_columns(left, right);
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return two_columns(command->get_name(), first_sentence(command->get_description()));
}

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const {
  const bool commands = !app->get_subcommands([](const CLI::App*) { return true; }).empty();
  return fmt::format("Usage: {}{}{}\n", name, commands ? " COMMAND" : "", " [OPTIONS]\n");
}

}  // namespace transkimmer
