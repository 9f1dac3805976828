#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace transkimmer {

/// How well one class, or all of them, were told.
struct ClassShares {
  double precision = 0;     ///< of what was predicted as it, the share that is it; 0 where nothing was
  double recall = 0;        ///< of what is it, the share that was predicted as it; 0 where nothing is
  double f1 = 0;            ///< their harmonic mean; 0 where both are 0
  std::size_t support = 0;  ///< examples that are it
};

/// What classification_report and confusion_matrix of scikit-learn say (with zero_division=0).
struct ClassReport {
  std::vector<ClassShares> classes;  ///< [classes]
  ClassShares macro;                 ///< means over classes that are predicted or right somewhere
  ClassShares weighted;              ///< means weighted by support
  double accuracy = 0;
  std::vector<std::size_t> confusion;  ///< [classes, classes]: right ones down, predicted ones across

  std::size_t confused(std::size_t right, std::size_t predicted) const {
    return confusion[right * classes.size() + predicted];
  }
};

/// `predictions` and `labels` [examples] are class indices below `classes`. Throws UsageError when lengths
/// differ or are zero, and for indices out of range.
ClassReport class_report(std::span<const double> predictions, std::span<const double> labels,
                         std::size_t classes);

/// The area under the ROC curve: the probability that an example of `marks` 1 scores above one of 0, ties
/// counting half (roc_auc_score). Nothing where only one kind occurs. Throws UsageError when lengths differ
/// or are zero.
std::optional<double> roc_auc(std::span<const float> scores, std::span<const double> marks);
/// The mean of the precisions at each threshold, weighted by what recall gains there
/// (average_precision_score). As roc_auc.
std::optional<double> average_precision(std::span<const float> scores, std::span<const double> marks);

}  // namespace transkimmer
