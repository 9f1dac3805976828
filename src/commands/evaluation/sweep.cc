#include <algorithm>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/interrupt.h"
#include "commands/evaluation/evaluate_options.h"
#include "commands/evaluation/evaluated_data.h"
#include "commands/options/answer_options.h"
#include "commands/options/command_options.h"
#include "commands/program/commands.h"
#include "commands/program/output.h"
#include "evaluation/spread_thresholds.h"
#include "evaluation/time_in_turns.h"
#include "metrics/scores.h"
#include "model_files/model_directory.h"
#include "report/sweep_report.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Of the dense arithmetic: what one model is brought to beside its own threshold, unless thresholds are
/// named. Halves, and one step in between, as far as published models keep a use.
constexpr std::array<double, 6> kUsualShares = {3. / 4, 1. / 2, 1. / 3, 1. / 4, 1. / 6, 1. / 8};

struct SweepOptions {
  std::vector<std::filesystem::path> models;
  std::vector<double> thresholds;  ///< empty: see thresholds_of
  std::size_t rounds = 5;
  std::filesystem::path svg;  ///< empty: not drawn
  EvaluateOptions evaluate;   ///< of every model; its own model is not used
};

/// A model, the data as it reads it, and the thresholds it is to be run at.
struct SweptModel {
  std::string name;
  Engine dense;
  std::vector<Engine> skimming = {};  ///< [thresholds], all with the same weights
  double own_threshold = 0;
  std::variant<EvaluatedTexts, EvaluatedQuestions, EvaluatedTags> data = {};

  const EncodedDataset& tokens() const {
    if (const auto* const questions = std::get_if<EvaluatedQuestions>(&data))
      return questions->features.tokens;
    if (const auto* const tags = std::get_if<EvaluatedTags>(&data)) return tags->features.tokens;
    return std::get<EvaluatedTexts>(data).encoded;
  }
  std::span<const std::size_t> groups() const {
    if (const auto* const questions = std::get_if<EvaluatedQuestions>(&data))
      return questions->features.first_window;
    return {};
  }
  bool labelled() const {
    return std::visit([](const auto& read) { return read.dataset.labelled; }, data);
  }
  const EvaluatedData& description() const {
    return std::visit([](const auto& read) -> const EvaluatedData& { return read; }, data);
  }
  std::vector<std::string> metrics() const {
    if (!labelled()) return {};
    const auto* const texts = std::get_if<EvaluatedTexts>(&data);
    if (std::holds_alternative<EvaluatedTags>(data)) return {"f1", "precision", "recall", "accuracy"};
    if (texts == nullptr) return {"f1", "exact"};
    std::vector<std::string> names;
    for (const Metric metric : texts->metrics) names.push_back(score_name(metric));
    return names;
  }
};

/// One row of the sweep: which engine runs which data.
struct SweptPoint {
  const SweptModel* model = nullptr;
  const Engine* engine = nullptr;
};

/// What several models have to say alike is told once.
NoticeHandler each_once(NoticeHandler handler) {
  auto told = std::make_shared<std::set<std::string>>();
  return [told, handler = std::move(handler)](const std::string& message) {
    if (told->insert(message).second) handler(message);
  };
}

/// Of one model its own threshold among those that spread its arithmetic, of several each one's own.
std::vector<double> thresholds_of(const SweepOptions& options, const Engine& engine,
                                  const EncodedDataset& data) {
  if (!options.thresholds.empty()) return options.thresholds;
  if (options.models.size() > 1) return {engine.skim_threshold()};
  return spread_thresholds(engine, data, kUsualShares);
}

SweptModel load_swept(const SweepOptions& options, const std::filesystem::path& directory,
                      const NoticeHandler& notices) {
  EvaluateOptions evaluate = options.evaluate;
  evaluate.model = directory;
  const Engine engine = Engine::load(directory, evaluated_config(evaluate), evaluate.engine, notices);
  SweptModel model{directory.string(), engine.without_skimming()};
  if (model.dense.config().head == HeadKind::question_answering) {
    model.data = read_questions(evaluate, model.dense, notices);
  } else if (model.dense.config().head == HeadKind::token_classification) {
    model.data = read_tags(evaluate, model.dense, notices);
  } else {
    model.data = read_texts(evaluate, model.dense, notices);
  }
  if (engine.skimming()) {
    model.own_threshold = engine.skim_threshold();
    for (const double threshold : thresholds_of(options, engine, model.tokens()))
      model.skimming.push_back(engine.at_threshold(threshold));
  }
  return model;
}

void check_one_kind(const std::vector<SweptModel>& models) {
  const HeadKind head = models.front().dense.config().head;
  for (const SweptModel& model : models)
    if (model.dense.config().head != head)
      throw UsageError(fmt::format("--model: {} is a {} model, but {} is a {} model", models.front().name,
                                   name_of(head), model.name, name_of(model.dense.config().head)));
}

void check_models(const SweepOptions& options, const std::vector<SweptModel>& models) {
  check_one_kind(models);
  const bool any_skims =
      std::ranges::any_of(models, [](const SweptModel& model) { return !model.skimming.empty(); });
  if (!options.thresholds.empty() && !any_skims)
    throw UsageError(fmt::format("--thresholds: {} has no skim predictors", models.front().name));
  if (!options.svg.empty() && !models.front().labelled())
    throw UsageError("--svg draws scores, but the data has no labels");
}

/// From little skimming to much, each once.
void sort_thresholds(SweepOptions& options) {
  std::ranges::sort(options.thresholds);
  options.thresholds.erase(std::unique(options.thresholds.begin(), options.thresholds.end()),
                           options.thresholds.end());
}

void check_directories(const std::vector<std::filesystem::path>& directories) {
  for (std::size_t i = 0; i < directories.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (directories[i] == directories[j])
        throw UsageError(fmt::format("--model: {} is given twice", directories[i].string()));
}

/// What config.json says, before weights are read.
void check_kinds(const SweepOptions& options) {
  for (const auto& directory : options.models) {
    EvaluateOptions evaluate = options.evaluate;
    evaluate.model = directory;
    evaluated_config(evaluate);
  }
}

std::vector<SweptModel> load_models(const SweepOptions& options) {
  const NoticeHandler notices = each_once(notices_on_standard_error());
  std::vector<SweptModel> models;
  for (const auto& directory : options.models) models.push_back(load_swept(options, directory, notices));
  check_models(options, models);
  return models;
}

std::vector<SweptPoint> points_of(const std::vector<SweptModel>& models) {
  std::vector<SweptPoint> points;
  for (const SweptModel& model : models) {
    points.push_back({&model, &model.dense});
    for (const Engine& engine : model.skimming) points.push_back({&model, &engine});
  }
  return points;
}

/// The line that shows how far a sweep is; ends the sweep when it is interrupted.
class SweepProgress {
 public:
  SweepProgress(const std::vector<SweptPoint>& points, std::size_t rounds, const InterruptGuard& guard)
      : guard_(guard), line_(line_of(points, rounds)) {}

  /// `sequences` more have been run, in what `details` says.
  void add(std::size_t sequences, const std::string& details) {
    if (guard_.interrupted()) throw Error("interrupted; nothing was written");
    done_ += static_cast<std::int64_t>(sequences);
    line_.update(done_, details);
  }
  void finish() { line_.finish(); }

 private:
  static ProgressOptions line_of(const std::vector<SweptPoint>& points, std::size_t rounds) {
    ProgressOptions line;
    for (const SweptPoint& point : points)
      line.total += static_cast<std::int64_t>(point.model->tokens().size() * (1 + rounds));
    line.title = "sweeping";
    line.unit = "";  // rows differ in speed
    return line;
  }

  const InterruptGuard& guard_;
  ProgressLine line_;
  std::int64_t done_ = 0;
};

Evaluation evaluate_point(const SweptPoint& point, const EvaluationOptions& options) {
  Evaluation result;
  if (const auto* const questions = std::get_if<EvaluatedQuestions>(&point.model->data)) {
    result = evaluate(*point.engine, nullptr, *questions, options).evaluation;
  } else if (const auto* const tags = std::get_if<EvaluatedTags>(&point.model->data)) {
    result = evaluate(*point.engine, nullptr, *tags, options).evaluation;
  } else {
    result = evaluate(*point.engine, nullptr, std::get<EvaluatedTexts>(point.model->data), options);
  }
  // Of every point they would be more than all the rest.
  result.run.outputs = {};
  result.run.logits = {};
  result.run.token_logits = {};
  return result;
}

SweepPoint score_point(const SweepOptions& options, const SweptPoint& point, SweepProgress& progress) {
  SweepPoint row;
  row.model = point.model->name;
  std::string details = row.model + ", dense";
  if (point.engine->skimming()) {
    row.threshold = point.engine->skim_threshold();
    row.own_threshold = *row.threshold == point.model->own_threshold;
    details = fmt::format("{}, threshold {:g}", row.model, *row.threshold);
  }
  EvaluationOptions evaluation = options.evaluate.evaluation;
  std::size_t before = 0;
  evaluation.progress = [&](std::size_t done, std::size_t) {
    progress.add(done - std::exchange(before, done), details);
  };
  row.evaluation = evaluate_point(point, evaluation);
  return row;
}

/// The passes that score have made the matrix kernels, so that no clock sees that.
void time_points(const SweepOptions& options, const std::vector<SweptPoint>& points,
                 std::vector<SweepPoint>& rows, SweepProgress& progress) {
  std::vector<TimedRun> runs;
  runs.reserve(points.size());
  for (const SweptPoint& point : points)
    runs.push_back({point.engine, &point.model->tokens(), point.model->groups()});
  TurnOptions turns;
  turns.rounds = options.rounds;
  turns.batch_tokens = options.evaluate.evaluation.batch_tokens;
  turns.batch_sequences = options.evaluate.evaluation.batch_sequences;
  turns.progress = [&](std::size_t, std::size_t sequences) { progress.add(sequences, "timing"); };
  const auto seconds = time_in_turns(runs, turns);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].seconds = seconds[i];
}

Sweep run_points(const SweepOptions& options, const std::vector<SweptModel>& models,
                 const InterruptGuard& guard) {
  const std::vector<SweptPoint> points = points_of(models);
  Sweep sweep;
  sweep.context = context_of(models.front().dense, models.front().description());
  sweep.metrics = models.front().metrics();
  sweep.batch_tokens = options.evaluate.evaluation.batch_tokens;
  sweep.batch_sequences = options.evaluate.evaluation.batch_sequences;
  SweepProgress progress(points, options.rounds, guard);
  for (const SweptPoint& point : points) sweep.points.push_back(score_point(options, point, progress));
  time_points(options, points, sweep.points, progress);
  progress.finish();
  return sweep;
}

void run_sweep(SweepOptions options) {
  sort_thresholds(options);
  check_output(options.svg);
  check_directories(options.models);
  check_kinds(options);
  find_named_data(options.evaluate);
  const InterruptGuard guard;
  const std::vector<SweptModel> models = load_models(options);
  require_not_read("--svg", options.svg, options.models);
  const Sweep sweep = run_points(options, models, guard);
  // For a person the table is not lost when the file cannot be written; JSON is all or an error.
  if (!options.evaluate.json) std::cout << sweep_table(sweep) << std::flush;
  if (!options.svg.empty()) write_file_atomically(options.svg, sweep_svg(sweep));
  if (options.evaluate.json) print_json(sweep_json(sweep));
}

void add_sweep_options(CLI::App& command, SweepOptions& options) {
  add_models_option(command, options.models);
  const OptionGroup group(command, "Sweep");
  add_number_list(
      command, "--thresholds", options.thresholds,
      "Skim thresholds of every model, as numbers with commas between them (default: of one model "
      "its own and those that bring its arithmetic to 3/4, 1/2, 1/3, 1/4, 1/6 and 1/8; of several each one's "
      "own)")
      ->group("Sweep");
  group.whole("--rounds", options.rounds,
              "Times that everything is run for the clock, after once for the scores", {1, 1000});
}

}  // namespace

void add_sweep_command(CLI::App& app) {
  auto options = std::make_shared<SweepOptions>();
  CLI::App& command = *app.add_subcommand(
      "sweep",
      "Run a fine-tuned model over a task's data dense and at several skim thresholds, or several models, "
      "and "
      "show what each point scores, computes and takes. The first model run dense is the first row, which "
      "all "
      "others are compared with.\n\nExample: transkimmer sweep --model my-sst2 --task sst2 "
      "--data-dir glue/SST-2 --svg sst2.svg");
  add_sweep_options(command, *options);
  add_data_options(command, options->evaluate);
  add_compute_options(command, options->evaluate.engine);
  add_batch_options(command, options->evaluate.evaluation);
  add_answer_options(command, options->evaluate.answer);
  add_json_option(command, options->evaluate.json);
  OptionGroup(command, kOutputGroup)
      .value("--svg", options->svg, "FILE", "Draw the score over arithmetic and over time");
  check_data_options_early(command, options->evaluate);
  command.callback([options, &command] {
    note_given_options(command, options->evaluate);
    run_sweep(*options);
  });
}

}  // namespace transkimmer
