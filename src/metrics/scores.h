#pragma once

#include <map>
#include <span>
#include <string>

#include "datasets/tasks.h"

namespace transkimmer {

/// Share of equal entries. All functions here throw UsageError when the lengths differ or are zero.
double accuracy(std::span<const int> predictions, std::span<const int> labels);
/// F1 of the class `positive` (scikit-learn f1_score, binary, pos_label); 0 when it is neither predicted nor
/// labelled anywhere.
double f1_binary(std::span<const int> predictions, std::span<const int> labels, int positive = 1);
/// Matthews correlation for any number of classes (scikit-learn matthews_corrcoef); 0 when undefined.
double matthews_correlation(std::span<const int> predictions, std::span<const int> labels);
/// 0 when either side is constant.
double pearson_correlation(std::span<const double> predictions, std::span<const double> labels);
/// Pearson of the average ranks (SciPy spearmanr); 0 when either side is constant.
double spearman_correlation(std::span<const double> predictions, std::span<const double> labels);

/// Named scores of a task ("accuracy", "f1", "matthews_correlation", "pearson", "spearmanr").
/// `outputs` are class indices or regression scores, like `labels`; F1 is that of class `positive`.
std::map<std::string, double> compute_scores(std::span<const Metric> metrics, std::span<const double> outputs,
                                             std::span<const double> labels, int positive = 1);
/// The key that `compute_scores` uses.
std::string score_name(Metric metric);

}  // namespace transkimmer
