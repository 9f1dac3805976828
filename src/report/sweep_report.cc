#include "report/sweep_report.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/median.h"
#include "base/strings/escaping.h"
#include "report/chart.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Json = nlohmann::ordered_json;

/// A point beside the first one.
struct Comparison {
  double macs_share = 1;  ///< of the first one's
  double speed = 1;       ///< the first one's time over this one's
};

Comparison compared(const Sweep& sweep, const SweepPoint& point) {
  const SweepPoint& first = sweep.points.front();
  return {static_cast<double>(point.evaluation.run.macs.count) /
              static_cast<double>(first.evaluation.run.macs.count),
          first.milliseconds_per_example() / point.milliseconds_per_example()};
}

std::string threshold_text(const SweepPoint& point) {
  if (!point.threshold) return "dense";
  return fmt::format("{:g}", *point.threshold);
}

std::string examples_word(const Sweep& sweep) {
  return sweep.points.front().evaluation.windows > 0 ? "question" : "text";
}

std::string batches_text(const Sweep& sweep) {
  if (sweep.batch_sequences == SIZE_MAX)
    return fmt::format("batches of at most {} tokens", sweep.batch_tokens);
  if (sweep.batch_sequences == 1) return "one sequence at a time";
  return fmt::format("batches of at most {} sequences and {} tokens", sweep.batch_sequences,
                     sweep.batch_tokens);
}

/// Cells in columns as wide as their widest; the first and the last column are flush left, others right.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}", row.front(), widths.front());
    for (std::size_t i = 1; i + 1 < row.size(); ++i) text += fmt::format("  {:>{}}", row[i], widths[i]);
    text += "  " + row.back() + '\n';
  }
  return text;
}

std::vector<std::string> header_of(const Sweep& sweep) {
  std::vector<std::string> cells = {"model", "threshold"};
  cells.insert(cells.end(), sweep.metrics.begin(), sweep.metrics.end());
  for (const std::string& name :
       {std::string("MACs"), std::string("fewer MACs"), "ms per " + examples_word(sweep),
        std::string("speed"), std::string("kept per layer, %")})
    cells.push_back(name);
  return cells;
}

std::vector<std::string> row_of(const Sweep& sweep, const SweepPoint& point) {
  const Comparison comparison = compared(sweep, point);
  std::vector<std::string> cells = {escaped(point.model),
                                    threshold_text(point) + (point.own_threshold ? " *" : "  ")};
  for (const std::string& metric : sweep.metrics) {
    const auto score = point.evaluation.scores.find(metric);
    cells.push_back(score == point.evaluation.scores.end() ? "" : fmt::format("{:.4f}", score->second));
  }
  cells.push_back(fmt::format("{:.1f} %", 100 * comparison.macs_share));
  cells.push_back(fmt::format("{:.2f}x", 1 / comparison.macs_share));
  cells.push_back(fmt::format("{:.3f}", point.milliseconds_per_example()));
  cells.push_back(fmt::format("{:.2f}x", comparison.speed));
  std::string kept;
  for (const double share : point.evaluation.kept_fraction_per_layer())
    kept += fmt::format("{}{:.0f}", kept.empty() ? "" : " ", 100 * share);
  cells.push_back(kept);
  return cells;
}

std::string headline(const Sweep& sweep) {
  const Evaluation& first = sweep.points.front().evaluation;
  return fmt::format("{}, {}: {} {}s, {} tokens\n{} {}, {}, {}, {}\n", sweep.context.task,
                     escaped(sweep.context.split), first.examples, examples_word(sweep), first.tokens,
                     sweep.context.threads, sweep.context.threads == 1 ? "thread" : "threads",
                     sweep.context.precision, batches_text(sweep), sweep.context.hardware);
}

std::string footnotes(const Sweep& sweep) {
  const std::size_t rounds = sweep.points.front().seconds.size();
  std::string text = fmt::format(
      "MACs and speed: beside the first row; unpadded, skim predictors counted.\nTimes: {} in which the rows "
      "take turns.\n",
      rounds == 1 ? "of one round" : fmt::format("medians of {} rounds", rounds));
  if (std::ranges::any_of(sweep.points, &SweepPoint::own_threshold))
    text += "* the threshold that the model names\n";
  return text;
}

Json point_json(const Sweep& sweep, const SweepPoint& point) {
  const Comparison comparison = compared(sweep, point);
  const Evaluation& evaluation = point.evaluation;
  std::vector<double> rounds;
  for (const double seconds : point.seconds)
    rounds.push_back(1000 * seconds / static_cast<double>(evaluation.examples));
  Json json = {{"model", point.model},
               {"dense", !point.threshold.has_value()},
               {"threshold", point.threshold ? Json(*point.threshold) : Json(nullptr)},
               {"own_threshold", point.own_threshold},
               {"metrics", evaluation.scores},
               {"kept_fraction", evaluation.kept_fraction()},
               {"kept_fraction_per_layer", evaluation.kept_fraction_per_layer()},
               {"tokens", evaluation.tokens},
               {"macs", evaluation.run.macs.count},
               {"macs_computed", evaluation.run.computed.count},
               {"macs_share", comparison.macs_share},
               {"macs_ratio", 1 / comparison.macs_share},
               {"milliseconds", point.milliseconds_per_example()},
               {"milliseconds_of_rounds", rounds},
               {"speed", comparison.speed}};
  if (evaluation.windows > 0) json["windows"] = evaluation.windows;
  return json;
}

double judging_score(const Sweep& sweep, const SweepPoint& point) {
  const auto score =
      sweep.metrics.empty() ? point.evaluation.scores.end() : point.evaluation.scores.find(sweep.metrics[0]);
  if (score == point.evaluation.scores.end())
    throw UsageError("the data has no labels, so there are no scores to draw");
  return score->second;
}

/// The score over arithmetic and over time, in this order.
std::array<ChartPoint, 2> chart_points(const Sweep& sweep, const SweepPoint& point) {
  const double score = judging_score(sweep, point);
  const Comparison comparison = compared(sweep, point);
  const std::string note =
      fmt::format("{}, {}{}: {} {:.4f}, {:.1f} % of the MACs, {:.3f} ms", point.model,
                  point.threshold ? "threshold " : "", threshold_text(point), sweep.metrics.front(), score,
                  100 * comparison.macs_share, point.milliseconds_per_example());
  const bool marked = &point == &sweep.points.front();
  return {ChartPoint{100 * comparison.macs_share, score, note, marked},
          ChartPoint{point.milliseconds_per_example(), score, note, marked}};
}

}  // namespace

double SweepPoint::milliseconds_per_example() const {
  return 1000 * median(seconds) / static_cast<double>(std::max<std::size_t>(evaluation.examples, 1));
}

std::string sweep_table(const Sweep& sweep) {
  std::vector<std::vector<std::string>> rows = {header_of(sweep)};
  for (const SweepPoint& point : sweep.points) rows.push_back(row_of(sweep, point));
  return headline(sweep) + aligned(rows) + footnotes(sweep);
}

nlohmann::ordered_json sweep_json(const Sweep& sweep) {
  Json points = Json::array();
  for (const SweepPoint& point : sweep.points) points.push_back(point_json(sweep, point));
  return {{"task", sweep.context.task},
          {"split", sweep.context.split},
          {"examples", sweep.points.front().evaluation.examples},
          {"metric", sweep.metrics.empty() ? Json(nullptr) : Json(sweep.metrics.front())},
          {"rounds", sweep.points.front().seconds.size()},
          {"batch_tokens", sweep.batch_tokens},
          {"batch_size", sweep.batch_sequences == SIZE_MAX ? Json(nullptr) : Json(sweep.batch_sequences)},
          {"threads", sweep.context.threads},
          {"precision", sweep.context.precision},
          {"hardware", sweep.context.hardware},
          {"points", points}};
}

std::string sweep_svg(const Sweep& sweep) {
  const std::string score = sweep.metrics.empty() ? "" : sweep.metrics.front();
  std::array<ChartPanel, 2> panels = {
      ChartPanel{{"MACs, % of the dense model's", /*logarithmic=*/true}, {score}, {}},
      ChartPanel{{.label = "milliseconds per " + examples_word(sweep), .from_zero = true}, {score}, {}}};
  for (const SweepPoint& point : sweep.points) {
    const auto drawn = chart_points(sweep, point);
    for (std::size_t i = 0; i < panels.size(); ++i) {
      std::vector<ChartSeries>& series = panels[i].series;
      if (series.empty() || series.back().name != point.model) series.push_back({point.model, {}});
      series.back().points.push_back(drawn[i]);
    }
  }
  const std::string title = fmt::format(
      "{}, {}: {} over arithmetic, and over time ({} {}, {})", sweep.context.task, sweep.context.split, score,
      sweep.context.threads, sweep.context.threads == 1 ? "thread" : "threads", sweep.context.precision);
  return chart_svg(title, panels);
}

}  // namespace transkimmer
