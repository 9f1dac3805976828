#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluate.h"
#include "report/evaluation_report.h"

namespace transkimmer {

/// A model run at one threshold, or dense.
struct SweepPoint {
  std::string model;
  std::optional<double> threshold;  ///< none: run dense
  bool own_threshold = false;       ///< the one that the model names
  Evaluation evaluation;
  std::vector<double> seconds;  ///< inside the engine for all of the data, of each timed round

  /// Median over the rounds.
  double milliseconds_per_example() const;
};

/// Models, thresholds or both over the same data.
struct Sweep {
  EvaluationContext context;         ///< of what all points share; threshold and skimming are the points' own
  std::vector<std::string> metrics;  ///< those of the scores that a table shows; the first one judges
  std::size_t batch_tokens = 0;
  std::size_t batch_sequences = SIZE_MAX;
  std::vector<SweepPoint> points;  ///< not empty; everything is compared with the first one
};

/// For a person: a row for each point, with its scores, arithmetic and time beside those of the first row.
std::string sweep_table(const Sweep& sweep);
/// The same at full precision, with all scores and the time of every round.
nlohmann::ordered_json sweep_json(const Sweep& sweep);
/// The first metric over arithmetic (logarithmic) and over time as an SVG document with a series for each
/// model. Throws UsageError when points have no scores.
std::string sweep_svg(const Sweep& sweep);

}  // namespace transkimmer
