#include "metrics/class_report.h"

#include <algorithm>
#include <numeric>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

void require_equal_lengths(std::size_t left, std::size_t right) {
  if (left == 0 || left != right) throw UsageError("scores: there are no examples, or not as many labels");
}

std::size_t index_of(double label, std::size_t classes) {
  // Written so that what is no number is refused, too.
  if (!(label >= 0 && label < static_cast<double>(classes)))
    throw UsageError("scores: a class is out of range");
  return static_cast<std::size_t>(label);
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

ClassShares shares_of(const ClassReport& report, std::size_t one) {
  std::size_t predicted = 0, right = 0;
  for (std::size_t other = 0; other < report.classes.size(); ++other) {
    predicted += report.confused(other, one);
    right += report.confused(one, other);
  }
  const std::size_t hits = report.confused(one, one);
  return {.precision = share(hits, predicted),
          .recall = share(hits, right),
          .f1 = share(2 * hits, predicted + right),
          .support = right};
}

/// Sums of the classes' shares, each times its weight, over the sum of weights.
template <typename Weight>
ClassShares mean_of(const ClassReport& report, Weight weight_of) {
  ClassShares mean;
  double weights = 0;
  for (std::size_t one = 0; one < report.classes.size(); ++one) {
    const ClassShares& shares = report.classes[one];
    const double weight = weight_of(one);
    weights += weight;
    mean.precision += weight * shares.precision;
    mean.recall += weight * shares.recall;
    mean.f1 += weight * shares.f1;
    mean.support += shares.support;
  }
  mean.precision /= weights;
  mean.recall /= weights;
  mean.f1 /= weights;
  return mean;
}

bool occurs(const ClassReport& report, std::size_t one) {
  for (std::size_t other = 0; other < report.classes.size(); ++other)
    if (report.confused(one, other) + report.confused(other, one) > 0) return true;
  return false;
}

/// Examples by descending score.
std::vector<std::size_t> ranking_of(std::span<const float> scores) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  return order;
}

/// Calls `body` with the numbers of positive and of negative examples of each score, the highest first.
template <typename Body>
void for_each_score(std::span<const float> scores, std::span<const double> marks, Body body) {
  const std::vector<std::size_t> order = ranking_of(scores);
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin, positive = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end)
      positive += marks[order[end]] == 1;
    body(positive, end - begin - positive);
    begin = end;
  }
}

}  // namespace

std::optional<double> roc_auc(std::span<const float> scores, std::span<const double> marks) {
  require_equal_lengths(scores.size(), marks.size());
  double above = 0, pairs_won = 0, negatives = 0;
  for_each_score(scores, marks, [&](std::size_t positive, std::size_t negative) {
    const auto these = static_cast<double>(positive), others = static_cast<double>(negative);
    pairs_won += others * (above + these / 2);
    above += these;
    negatives += others;
  });
  if (above == 0 || negatives == 0) return std::nullopt;
  return pairs_won / (above * negatives);
}

std::optional<double> average_precision(std::span<const float> scores, std::span<const double> marks) {
  require_equal_lengths(scores.size(), marks.size());
  double hits = 0, seen = 0, sum = 0;
  for_each_score(scores, marks, [&](std::size_t positive, std::size_t negative) {
    hits += static_cast<double>(positive);
    seen += static_cast<double>(positive + negative);
    sum += static_cast<double>(positive) * hits / seen;
  });
  if (hits == 0 || hits == seen) return std::nullopt;
  return sum / hits;
}

ClassReport class_report(std::span<const double> predictions, std::span<const double> labels,
                         std::size_t classes) {
  require_equal_lengths(predictions.size(), labels.size());
  ClassReport report;
  report.classes.resize(classes);
  report.confusion.resize(classes * classes);
  std::size_t hits = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::size_t right = index_of(labels[i], classes), predicted = index_of(predictions[i], classes);
    ++report.confusion[right * classes + predicted];
    hits += right == predicted;
  }
  report.accuracy = share(hits, labels.size());
  for (std::size_t one = 0; one < classes; ++one) report.classes[one] = shares_of(report, one);
  report.macro = mean_of(report, [&](std::size_t one) { return occurs(report, one) ? 1.0 : 0.0; });
  report.weighted =
      mean_of(report, [&](std::size_t one) { return static_cast<double>(report.classes[one].support); });
  return report;
}

}  // namespace transkimmer
