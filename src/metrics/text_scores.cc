#include "metrics/text_scores.h"

#include <algorithm>

#include <fmt/format.h>

#include "metrics/label_set_scores.h"
#include "metrics/ranking_scores.h"
#include "metrics/scores.h"
#include "metrics/vector_similarity.h"
#include "transkimmer/error.h"

namespace transkimmer {

std::vector<double> text_outputs(HeadKind head, std::span<const float> logits, std::size_t columns) {
  if (traits_of(head).output == Output::vector) return cosines_of_pairs(logits, columns);
  if (columns == 0 || logits.size() % columns != 0)
    throw UsageError(fmt::format("{} logits are no rows of {}", logits.size(), columns));
  if (traits_of(head).labels == LabelKind::number) return {logits.begin(), logits.end()};
  std::vector<double> outputs;
  for (std::size_t begin = 0; begin < logits.size(); begin += columns) {
    const std::span<const float> row = logits.subspan(begin, columns);
    outputs.push_back(static_cast<double>(std::max_element(row.begin(), row.end()) - row.begin()));
  }
  return outputs;
}

std::map<std::string, double> text_scores(HeadKind head, std::span<const Metric> metrics,
                                          const TextAnswers& answers) {
  if (traits_of(head).labels == LabelKind::set)
    return label_set_scores(metrics, {answers.logits, answers.marks, answers.columns});
  const std::vector<double> outputs = text_outputs(head, answers.logits, answers.columns);
  if (!answers.queries.empty()) return ranking_scores(metrics, {outputs, answers.labels, answers.queries});
  return compute_scores(metrics, outputs, answers.labels, answers.positive);
}

}  // namespace transkimmer
