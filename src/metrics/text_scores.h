#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "datasets/tasks.h"
#include "model/head_kind.h"

namespace transkimmer {

/// What a model answered about the texts of a data set, and what is right.
struct TextAnswers {
  std::span<const float> logits;              ///< [sequences, columns]
  std::size_t columns = 1;                    ///< labels, or the dimensions of vectors
  std::span<const double> labels;             ///< [examples]: class indices or scores
  std::span<const std::uint8_t> marks = {};   ///< of sets of labels, see LabelSets
  std::span<const std::size_t> queries = {};  ///< of rankings, see Rankings; else empty
  int positive = 1;                           ///< the class that F1 is of
};

/// What logits [sequences, columns] say of each example: the class of the largest (of sets of labels the
/// likeliest), the number of a regressor or reranker, or the cosine of each pair of an embedder's vectors,
/// first ones before second ones. Throws UsageError for values that are no multiple of `columns`.
std::vector<double> text_outputs(HeadKind head, std::span<const float> logits, std::size_t columns);

/// Named scores of a model that answers about whole texts, as its kind of labels wants them: those of
/// compute_scores, label_set_scores or ranking_scores. Throws UsageError as these.
std::map<std::string, double> text_scores(HeadKind head, std::span<const Metric> metrics,
                                          const TextAnswers& answers);

}  // namespace transkimmer
