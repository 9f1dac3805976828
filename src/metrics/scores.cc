#include "metrics/scores.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void check_lengths(std::string_view score, std::size_t predictions, std::size_t labels) {
  if (predictions != labels) {
    throw UsageError(fmt::format("{}: {} predictions for {} labels", score, predictions, labels));
  }
  if (predictions == 0) throw UsageError(fmt::format("{}: no predictions", score));
}

bool is_constant(std::span<const double> values) {
  return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

double mean(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Ranks from 1; equal values share the mean of their ranks.
std::vector<double> average_ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    const double rank = (static_cast<double>(begin + 1) + static_cast<double>(end)) / 2.0;
    for (std::size_t i = begin; i < end; ++i) ranks[order[i]] = rank;
  }
  return ranks;
}

void check_finite(std::string_view score, std::span<const double> values) {
  if (std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); })) return;
  throw UsageError(fmt::format("{}: a value is not finite", score));
}

std::vector<int> class_indices(std::span<const double> values) {
  std::vector<int> classes;
  classes.reserve(values.size());
  for (const double value : values) {
    if (!(value >= 0.0 && value <= std::numeric_limits<int>::max() && value == std::floor(value))) {
      throw UsageError(fmt::format("{} is not a class index", value));
    }
    classes.push_back(static_cast<int>(value));
  }
  return classes;
}

}  // namespace

double accuracy(std::span<const int> predictions, std::span<const int> labels) {
  check_lengths("accuracy", predictions.size(), labels.size());
  std::size_t equal = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) equal += predictions[i] == labels[i] ? 1U : 0U;
  return static_cast<double>(equal) / static_cast<double>(labels.size());
}

double f1_binary(std::span<const int> predictions, std::span<const int> labels, int positive) {
  check_lengths("f1", predictions.size(), labels.size());
  std::size_t both = 0;
  std::size_t either = 0;  // predicted positive plus labelled positive: F1 = 2 both / either
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool predicted = predictions[i] == positive;
    const bool labelled = labels[i] == positive;
    both += predicted && labelled ? 1U : 0U;
    either += (predicted ? 1U : 0U) + (labelled ? 1U : 0U);
  }
  return either == 0 ? 0.0 : 2.0 * static_cast<double>(both) / static_cast<double>(either);
}

double matthews_correlation(std::span<const int> predictions, std::span<const int> labels) {
  check_lengths("matthews_correlation", predictions.size(), labels.size());
  std::map<int, double> predicted;
  std::map<int, double> labelled;
  double correct = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    predicted[predictions[i]] += 1.0;
    labelled[labels[i]] += 1.0;
    if (predictions[i] == labels[i]) correct += 1.0;
  }
  // Counts are whole numbers far below 2^53, so these products are exact up to 94 million rows.
  const double all = static_cast<double>(labels.size());
  double covariance = correct * all;
  double predicted_variance = all * all;
  double labelled_variance = all * all;
  for (const auto& [label, count] : predicted) {
    predicted_variance -= count * count;
    if (const auto found = labelled.find(label); found != labelled.end()) covariance -= count * found->second;
  }
  for (const auto& [label, count] : labelled) labelled_variance -= count * count;
  if (predicted_variance == 0.0 || labelled_variance == 0.0) return 0.0;
  return covariance / (std::sqrt(predicted_variance) * std::sqrt(labelled_variance));
}

double pearson_correlation(std::span<const double> predictions, std::span<const double> labels) {
  check_lengths("pearson", predictions.size(), labels.size());
  check_finite("pearson", predictions);
  check_finite("pearson", labels);
  // Asked before the sums: rounding in the mean would leave a constant side with a variance just above zero.
  if (is_constant(predictions) || is_constant(labels)) return 0.0;
  const double prediction_mean = mean(predictions);
  const double label_mean = mean(labels);
  double covariance = 0.0;
  double prediction_variance = 0.0;
  double label_variance = 0.0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const double x = predictions[i] - prediction_mean;
    const double y = labels[i] - label_mean;
    covariance += x * y;
    prediction_variance += x * x;
    label_variance += y * y;
  }
  const double scale = std::sqrt(prediction_variance) * std::sqrt(label_variance);
  return scale == 0.0 ? 0.0 : std::clamp(covariance / scale, -1.0, 1.0);
}

double spearman_correlation(std::span<const double> predictions, std::span<const double> labels) {
  check_lengths("spearmanr", predictions.size(), labels.size());
  check_finite("spearmanr", predictions);
  check_finite("spearmanr", labels);
  return pearson_correlation(average_ranks(predictions), average_ranks(labels));
}

std::map<std::string, double> compute_scores(std::span<const Metric> metrics, std::span<const double> outputs,
                                             std::span<const double> labels, int positive) {
  std::map<std::string, double> scores;
  for (const Metric metric : metrics) {
    double& score = scores[score_name(metric)];
    switch (metric) {
      case Metric::accuracy:
        score = accuracy(class_indices(outputs), class_indices(labels));
        break;
      case Metric::f1:
        score = f1_binary(class_indices(outputs), class_indices(labels), positive);
        break;
      case Metric::matthews:
        score = matthews_correlation(class_indices(outputs), class_indices(labels));
        break;
      case Metric::pearson:
        score = pearson_correlation(outputs, labels);
        break;
      case Metric::spearman:
        score = spearman_correlation(outputs, labels);
        break;
      default:
        throw UsageError(score_name(metric) + " is no score of classes");
    }
  }
  return scores;
}

std::string score_name(Metric metric) {
  return std::string(name_of(metric));
}

}  // namespace transkimmer
