#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <CLI/App.hpp>

#include "base/strings/numbers.h"
#include "transkimmer/options.h"

namespace transkimmer {

// Checks for option values. They run before the value is converted, so that one wording serves all commands:
// `--threads: expected a whole number from 0 to 1024, found '-1'`.

/// A whole number from `minimum` to `maximum`, both allowed.
CLI::Validator whole_number(std::int64_t minimum,
                            std::int64_t maximum = std::numeric_limits<std::int64_t>::max());
/// A number within bounds that are both allowed. NaN and infinities are never accepted.
CLI::Validator real_number(double minimum = std::numeric_limits<double>::lowest(),
                           double maximum = std::numeric_limits<double>::max());

/// An option whose value is numbers with commas between them, as in `--thresholds -1,0,2.5`.
CLI::Option* add_number_list(CLI::App& command, const std::string& option, std::vector<double>& target,
                             const std::string& help);

/// The same of names, as in `--label-names O,B-PER,I-PER`; none of them is empty.
CLI::Option* add_name_list(CLI::App& command, const std::string& option, std::vector<std::string>& target,
                           const std::string& help);

/// A value that is one of two or more words.
CLI::Validator one_of(const std::vector<std::string>& words);

/// Adds options that --help shows together, under the name of the group.
class OptionGroup {
 public:
  OptionGroup(CLI::App& command, std::string name) : command_(command), name_(std::move(name)) {}

  /// `type` is the word that stands for the value in --help.
  template <typename T>
  CLI::Option* value(const std::string& option, T& target, const std::string& type,
                     const std::string& help) const {
    return command_.add_option(option, target, help)->type_name(type)->group(name_);
  }
  template <typename T>
  CLI::Option* whole(const std::string& option, T& target, const std::string& help,
                     IntegerRange range = {}) const {
    return value(option, target, "N", help)->check(whole_number(range.least, range.most));
  }
  template <typename T>
  CLI::Option* real(const std::string& option, T& target, const std::string& help,
                    RealRange range = {}) const {
    return value(option, target, "X", help)->check(real_number(range.least, range.most));
  }
  template <typename T>
  CLI::Option* word(const std::string& option, T& target, const std::vector<std::string>& words,
                    const std::string& help) const {
    return value(option, target, "NAME", help)->check(one_of(words));
  }
  CLI::Option* flag(const std::string& option, bool& target, const std::string& help) const {
    return command_.add_flag(option, target, help)->group(name_);
  }

 private:
  CLI::App& command_;
  std::string name_;
};

/// The name of the group that options of the engine and of the output are shown under.
inline constexpr const char* kEngineGroup = "Engine";
inline constexpr const char* kOutputGroup = "Output";

/// --model DIR, required.
CLI::Option* add_model_option(CLI::App& command, std::filesystem::path& directory);
/// The same, to be given once or more; all directories in their order.
CLI::Option* add_models_option(CLI::App& command, std::vector<std::filesystem::path>& directories);
/// --threads and --precision: how a model is run, whatever it skims.
void add_compute_options(CLI::App& command, EngineOptions& options);
/// The same with --skim-threshold and --dense.
void add_engine_options(CLI::App& command, EngineOptions& options);
/// --split-special-tokens, in the group of what is read.
CLI::Option* add_split_option(CLI::App& command, bool& split_special_tokens, const std::string& group);
/// --json.
CLI::Option* add_json_option(CLI::App& command, bool& json);

}  // namespace transkimmer
