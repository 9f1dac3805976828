#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "metrics/class_report.h"

namespace transkimmer {

/// A report with the names of its classes, and what is known of a classifier of two.
struct NamedClassReport {
  ClassReport report;
  std::vector<std::string> labels;  ///< [classes]
  std::string positive = {};        ///< of two classes the one that the next two are of
  std::optional<double> roc_auc = {};
  std::optional<double> average_precision = {};
};

/// Precision, recall, F1 and support of each class and their means, then the confusion matrix where there are
/// no more classes than fit on a line.
std::string class_table(const NamedClassReport& named);

/// {"classes": {label: {"precision", "recall", "f1", "support"}}, "macro avg", "weighted avg",
/// "confusion_matrix": {"labels", "counts"}, "roc_auc", "average_precision"}; counts are [right][predicted].
nlohmann::ordered_json class_report_json(const NamedClassReport& named);

/// The confusion matrix as a picture: a square for each pair of classes, darker the larger the share of the
/// right class that it is. Labels may hold anything, as in charts.
std::string confusion_svg(const NamedClassReport& named);

}  // namespace transkimmer
