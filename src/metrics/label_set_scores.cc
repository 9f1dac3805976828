#include "metrics/label_set_scores.h"

#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "metrics/scores.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Of one label, or of several together.
struct Counts {
  std::size_t both = 0;    ///< said and right
  std::size_t either = 0;  ///< said plus right

  Counts operator+(const Counts& other) const { return {both + other.both, either + other.either}; }
  double f1() const {
    return either == 0 ? 0.0 : 2.0 * static_cast<double>(both) / static_cast<double>(either);
  }
};

void check(const LabelSets& sets) {
  if (sets.labels == 0 || sets.logits.empty()) throw UsageError("sets of labels: nothing to score");
  if (sets.logits.size() != sets.marks.size() || sets.logits.size() % sets.labels != 0)
    throw UsageError(fmt::format("sets of labels: {} logits for {} marks of {} labels", sets.logits.size(),
                                 sets.marks.size(), sets.labels));
}

std::vector<Counts> counts_of(const LabelSets& sets) {
  check(sets);
  std::vector<Counts> counts(sets.labels);
  for (std::size_t i = 0; i < sets.logits.size(); ++i) {
    const bool said = sets.logits[i] > 0, right = sets.marks[i] != 0;
    Counts& of_label = counts[i % sets.labels];
    of_label.both += said && right ? 1U : 0U;
    of_label.either += (said ? 1U : 0U) + (right ? 1U : 0U);
  }
  return counts;
}

}  // namespace

double f1_micro(const LabelSets& sets) {
  const std::vector<Counts> counts = counts_of(sets);
  return std::accumulate(counts.begin(), counts.end(), Counts{}).f1();
}

double f1_macro(const LabelSets& sets) {
  double sum = 0;
  for (const Counts& of_label : counts_of(sets)) sum += of_label.f1();
  return sum / static_cast<double>(sets.labels);
}

double exact_sets(const LabelSets& sets) {
  check(sets);
  const std::size_t examples = sets.logits.size() / sets.labels;
  std::size_t right = 0;
  for (std::size_t i = 0; i < examples; ++i) {
    bool same = true;
    for (std::size_t k = i * sets.labels; k < (i + 1) * sets.labels; ++k)
      same = same && (sets.logits[k] > 0) == (sets.marks[k] != 0);
    right += same ? 1U : 0U;
  }
  return static_cast<double>(right) / static_cast<double>(examples);
}

std::map<std::string, double> label_set_scores(std::span<const Metric> metrics, const LabelSets& sets) {
  std::map<std::string, double> scores;
  for (const Metric metric : metrics) {
    double& score = scores[score_name(metric)];
    if (metric == Metric::f1_micro) {
      score = f1_micro(sets);
    } else if (metric == Metric::f1_macro) {
      score = f1_macro(sets);
    } else if (metric == Metric::accuracy) {
      score = exact_sets(sets);
    } else {
      throw UsageError(score_name(metric) + " is no score of sets of labels");
    }
  }
  return scores;
}

}  // namespace transkimmer
