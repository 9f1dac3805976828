#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "base/progress.h"
#include "commands/options/named_data.h"
#include "datasets/sample.h"
#include "datasets/tasks.h"
#include "evaluation/evaluate.h"
#include "runtime/engine.h"
#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// How a file of words with tags is read; see TagSource.
struct TagFileOptions {
  std::size_t column = 0;
  std::vector<std::string> label_names;

  bool given() const { return column > 0 || !label_names.empty(); }
};

/// What `transkimmer evaluate` is asked to do.
struct EvaluateOptions {
  std::filesystem::path model;
  std::string task;
  NamedDataOptions named_data;
  std::filesystem::path data_dir;  ///< empty with a task: where named_data has or fetches it
  std::string split = "dev";
  std::optional<std::string> head;  ///< "reranker", of a model that does not say what its one number is
  TableSource table;
  TagFileOptions tags;
  EngineOptions engine;
  EvaluationOptions evaluation;
  AnswerOptions answer;
  std::vector<std::string> question_options;  ///< those options for questions that were given
  std::filesystem::path predictions;          ///< empty: not written
  std::filesystem::path null_odds;
  std::filesystem::path confusion_svg;
  std::filesystem::path error_analysis;
  std::size_t max_length = 0;
  std::size_t max_eval_samples = 0;  ///< 0: all
  std::uint64_t seed = kUsualSeed;   ///< of the choice of samples
  bool label_column_named = false;   ///< then there has to be one
  bool compare = true;
  bool json = false;
};

/// The line that shows how far an evaluation is.
class EvaluationProgress {
 public:
  EvaluationProgress(std::size_t total, const std::string& unit);
  std::function<void(std::size_t done, std::size_t total)> callback();
  void finish() { line_.finish(); }

 private:
  ProgressLine line_;
};

/// --task, --data-dir, --split, --validation-file with its columns, and what chooses and cuts examples.
void add_data_options(CLI::App& command, EvaluateOptions& options);
/// --batch-tokens and --batch-size.
void add_batch_options(CLI::App& command, EvaluationOptions& options);
/// Fills in what matters of an option only when it was given. To be called once the command line is parsed.
void note_given_options(const CLI::App& command, EvaluateOptions& options);
/// Throws UsageError unless the options name one source of data, a task and split that there are; IoError and
/// FormatError of --task-file.
void check_data_options(const EvaluateOptions& options);
/// Has the same checked as soon as `command` is parsed: before its models are fetched.
void check_data_options_early(CLI::App& command, const EvaluateOptions& options);
/// Finds the data of a task whose folder is not named, or fetches it. Throws as find_data does.
void find_named_data(EvaluateOptions& options);

/// Before long work: throws IoError unless a file can be written there. Nothing happens where it is empty.
void check_output(const std::filesystem::path& file);
/// Once data and models are read: throws UsageError where `file`, the value of `option`, is one of them, or a
/// file of a model's directory.
void require_not_read(const std::string& option, const std::filesystem::path& file,
                      const std::vector<std::filesystem::path>& models);

/// The same weights without skimming, when they are to be compared with.
std::optional<Engine> load_dense(const EvaluateOptions& options, const Engine& engine);

/// Evaluates a question answering model and reports.
void evaluate_answers(const EvaluateOptions& options, const Engine& engine);
/// The same of a token classifier.
void evaluate_tags(const EvaluateOptions& options, const Engine& engine);

}  // namespace transkimmer
