#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "datasets/tasks.h"

namespace transkimmer {

/// How well documents were ranked, for one query each.
struct Rankings {
  std::span<const double> scores;        ///< [documents], of all queries in turn
  std::span<const double> relevance;     ///< [documents]: above 0 for what answers the query
  std::span<const std::size_t> queries;  ///< query q is documents [queries[q], queries[q + 1])
};

/// Named scores, means over queries, of a ranking by descending score, as sentence-transformers'
/// CrossEncoderRerankingEvaluator has them: "mrr@10", 1 / rank of the first relevant among the first 10
/// documents; "ndcg@10" and "map" of scikit-learn (ndcg_score, average_precision_score), in which documents
/// of equal scores share their ranks. 0 for a query without relevant documents. Throws UsageError where there
/// are no queries, the lengths differ, or a metric is none of rankings.
std::map<std::string, double> ranking_scores(std::span<const Metric> metrics, const Rankings& rankings);

}  // namespace transkimmer
