#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "evaluation/evaluate.h"

namespace transkimmer {

/// What an evaluation's numbers mean nothing without.
struct EvaluationContext {
  std::string task;
  std::string split;
  bool skimming = false;
  double threshold = 0;
  int threads = 0;
  std::string precision;
  std::string hardware;
  double tokenization_seconds = 0;
};

/// The machine-readable report. MACs and seconds are sums over the split; "total" is tokenization and model,
/// without loading and without the comparison with the dense model.
nlohmann::ordered_json evaluation_json(const Evaluation& evaluation, const EvaluationContext& context);

/// The same for a person: every ratio with both of its sides.
std::string evaluation_table(const Evaluation& evaluation, const EvaluationContext& context);

/// "1.234 G", "45.6 M", "789": at most four digits of a count and its decimal prefix.
std::string with_prefix(double count);

}  // namespace transkimmer
