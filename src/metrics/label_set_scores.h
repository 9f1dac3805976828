#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "datasets/tasks.h"

namespace transkimmer {

/// What a multi-label model said of a data set, and what is right.
struct LabelSets {
  std::span<const float> logits;        ///< [examples, labels]; a label is said to hold where it is above 0
  std::span<const std::uint8_t> marks;  ///< [examples, labels]: 1 for each label of the right set
  std::size_t labels = 0;
};

/// F1 over all labels of all examples together (scikit-learn f1_score, average="micro"); 0 where no label is
/// said or right anywhere. All functions here throw UsageError when the lengths differ or are zero.
double f1_micro(const LabelSets& sets);
/// The mean of each label's F1 (average="macro"), 0 for one that is never said nor right.
double f1_macro(const LabelSets& sets);
/// Share of examples whose set is right in all labels (scikit-learn accuracy_score).
double exact_sets(const LabelSets& sets);

/// Named scores, as compute_scores. Throws UsageError for a metric that is none of sets of labels.
std::map<std::string, double> label_set_scores(std::span<const Metric> metrics, const LabelSets& sets);

}  // namespace transkimmer
