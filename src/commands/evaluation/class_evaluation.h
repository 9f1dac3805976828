#pragma once

#include <optional>

#include "commands/evaluation/evaluate_options.h"
#include "commands/evaluation/evaluated_data.h"
#include "report/class_table.h"

namespace transkimmer {

/// What `evaluate` says of each class of a classifier whose texts have labels; nothing for other models and
/// data.
std::optional<NamedClassReport> class_report_of(const ModelConfig& config, const EvaluatedTexts& texts,
                                                const Pass& run);

/// Throws UsageError where options ask for files about classes of a model without them.
void check_class_outputs(const EvaluateOptions& options, const ModelConfig& config);
/// Writes the files that options ask for. Throws IoError, and UsageError where the data has no labels.
void write_class_outputs(const EvaluateOptions& options, const ModelConfig& config,
                         const EvaluatedTexts& texts, const Pass& run,
                         const std::optional<NamedClassReport>& report);

}  // namespace transkimmer
