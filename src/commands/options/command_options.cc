#include "commands/options/command_options.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/strings/numbers.h"
#include "commands/program/named_models.h"

namespace transkimmer {
namespace {

/// More threads than any machine this runs on has; a larger number is a mistake.
constexpr std::int64_t kMaxThreads = 1024;

std::string whole_number_range(std::int64_t minimum, std::int64_t maximum) {
  if (maximum == std::numeric_limits<std::int64_t>::max()) return fmt::format("of at least {}", minimum);
  return fmt::format("from {} to {}", minimum, maximum);
}

std::string real_number_range(double minimum, double maximum) {
  const bool below = minimum > std::numeric_limits<double>::lowest();
  const bool above = maximum < std::numeric_limits<double>::max();
  if (below && above) return fmt::format(" from {} to {}", minimum, maximum);
  if (below) return fmt::format(" of at least {}", minimum);
  if (above) return fmt::format(" of at most {}", maximum);
  return {};
}

}  // namespace

CLI::Validator whole_number(std::int64_t minimum, std::int64_t maximum) {
  const auto check = [minimum, maximum](const std::string& text) -> std::string {
    const auto value = parse_integer(text);
    if (value && *value >= minimum && *value <= maximum) return {};
    return fmt::format("expected a whole number {}, found '{}'", whole_number_range(minimum, maximum), text);
  };
  return {check, ""};
}

CLI::Validator real_number(double minimum, double maximum) {
  const auto check = [minimum, maximum](const std::string& text) -> std::string {
    const auto value = parse_real(text);
    if (value && *value >= minimum && *value <= maximum) return {};
    return fmt::format("expected a number{}, found '{}'", real_number_range(minimum, maximum), text);
  };
  return {check, ""};
}

namespace {

/// The numbers of "1,-2.5"; nothing when one of them is none.
std::optional<std::vector<double>> parse_numbers(std::string_view text) {
  std::vector<double> numbers;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const auto number = parse_real(text.substr(begin, end - begin));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    begin = end + 1;
  }
  return numbers;
}

}  // namespace

CLI::Option* add_number_list(CLI::App& command, const std::string& option, std::vector<double>& target,
                             const std::string& help) {
  const auto check = [](const std::string& text) -> std::string {
    if (parse_numbers(text)) return {};
    return fmt::format("expected numbers with commas between them, found '{}'", text);
  };
  const auto take = [&target](const std::string& text) { target = parse_numbers(text).value(); };
  return command.add_option_function<std::string>(option, take, help)
      ->type_name("X,X,...")
      ->check(CLI::Validator(check, ""));
}

CLI::Option* add_name_list(CLI::App& command, const std::string& option, std::vector<std::string>& target,
                           const std::string& help) {
  const auto names_in = [](const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(',', begin), text.size());
      names.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return names;
  };
  const auto check = [names_in](const std::string& text) -> std::string {
    if (std::ranges::count(names_in(text), std::string()) == 0) return {};
    return fmt::format("expected names with commas between them, found '{}'", text);
  };
  const auto take = [&target, names_in](const std::string& text) { target = names_in(text); };
  return command.add_option_function<std::string>(option, take, help)
      ->type_name("NAME,NAME,...")
      ->check(CLI::Validator(check, ""));
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::ranges::find(words, text) != words.end()) return {};
    const std::vector<std::string> first(words.begin(), words.end() - 1);
    return fmt::format("expected {}{}{}, found '{}'", fmt::join(first, ", "), first.empty() ? "" : " or ",
                       words.back(), text);
  };
  return {check, ""};
}

namespace {

/// What --model means wherever it is required.
CLI::Option* of_model(CLI::Option* option) {
  return option->type_name(kModelType)->required();
}

void add_precision_option(CLI::App& command, Precision& precision) {
  constexpr std::array kAll = {Precision::f32, Precision::bf16, Precision::int8, Precision::automatic};
  std::vector<std::string> words;
  for (const Precision one : kAll) words.emplace_back(name_of(one));
  command
      .add_option_function<std::string>(
          "--precision",
          [&precision, kAll](const std::string& word) {
            for (const Precision one : kAll)
              if (word == name_of(one)) precision = one;
          },
          "Arithmetic of the layers' matrix products: f32, bf16 (needs AVX-512 BF16), int8 (needs AVX-512 "
          "VNNI), or auto (bf16 where the machine has it); a machine without runs f32 and says so")
      ->type_name("NAME")
      ->check(one_of(words))
      ->default_str("f32")
      ->group(kEngineGroup);
}

}  // namespace

CLI::Option* add_model_option(CLI::App& command, std::filesystem::path& directory) {
  return of_model(command.add_option(
      "--model", directory,
      "Model directory as Hugging Face lays it out (config.json, weights, tokenizer files), or a name on the "
      "Hub: org/name or org/name@revision"));
}

CLI::Option* add_models_option(CLI::App& command, std::vector<std::filesystem::path>& directories) {
  return of_model(
      command
          .add_option(
              "--model", directories,
              "Model directory as Hugging Face lays it out, or a name on the Hub; once for each model")
          ->default_str(""));
}

void add_compute_options(CLI::App& command, EngineOptions& options) {
  OptionGroup(command, kEngineGroup)
      .whole("--threads", options.threads, "Threads; 0: all processors this process may use",
             {0, kMaxThreads});
  add_precision_option(command, options.precision);
}

void add_engine_options(CLI::App& command, EngineOptions& options) {
  add_compute_options(command, options);
  const OptionGroup group(command, kEngineGroup);
  group.real("--skim-threshold", options.skim_threshold,
             "Keep a token when its keep logit exceeds its skim logit by more than X; larger skims more "
             "(default: what the model says)");
  command
      .add_flag_callback(
          "--dense", [&options] { options.skimming = false; }, "Run the same weights without skimming")
      ->group(kEngineGroup);
}

CLI::Option* add_split_option(CLI::App& command, bool& split_special_tokens, const std::string& group) {
  return OptionGroup(command, group)
      .flag("--split-special-tokens", split_special_tokens,
            "Read special tokens that a text spells out ([SEP], <pad>) as plain text: for texts that come "
            "from strangers");
}

CLI::Option* add_json_option(CLI::App& command, bool& json) {
  return command.add_flag("--json", json, "Write JSON")->group(kOutputGroup);
}

}  // namespace transkimmer
