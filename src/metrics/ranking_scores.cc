#include "metrics/ranking_scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <fmt/format.h>

#include "metrics/scores.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr std::size_t kDepth = 10;  // the package's at_k

/// Documents of equal score, behind each other in a ranking.
struct Tie {
  std::size_t begin = 0, end = 0;  ///< ranks from 0
  double gain = 0;                 ///< relevance of all of them together
};

/// The documents of one query by descending score. Of equals the later comes first, as in a reversed argsort.
struct Ranking {
  std::vector<double> relevance;
  std::vector<Tie> ties;

  Ranking(std::span<const double> scores, std::span<const double> gains) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    std::reverse(order.begin(), order.end());
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
      relevance.push_back(gains[order[rank]]);
      if (rank == 0 || scores[order[rank]] != scores[order[rank - 1]]) ties.push_back({rank, rank, 0});
      ties.back().end = rank + 1;
      ties.back().gain += relevance.back();
    }
  }
};

double discount(std::size_t rank) {
  return rank < kDepth ? 1.0 / std::log2(static_cast<double>(rank) + 2.0) : 0.0;
}

double reciprocal_rank(const Ranking& ranking) {
  for (std::size_t rank = 0; rank < std::min(kDepth, ranking.relevance.size()); ++rank)
    if (ranking.relevance[rank] > 0) return 1.0 / static_cast<double>(rank + 1);
  return 0;
}

/// Documents of equal score have the mean of their gains (McSherry and Najork 2008).
double normalized_gain(const Ranking& ranking) {
  double gained = 0, ideal = 0;
  for (const Tie& tie : ranking.ties) {
    const double mean = tie.gain / static_cast<double>(tie.end - tie.begin);
    for (std::size_t rank = tie.begin; rank < tie.end; ++rank) gained += mean * discount(rank);
  }
  std::vector<double> best = ranking.relevance;
  std::sort(best.rbegin(), best.rend());
  for (std::size_t rank = 0; rank < best.size(); ++rank) ideal += best[rank] * discount(rank);
  return ideal > 0 ? gained / ideal : 0;
}

/// The sum over thresholds of precision times what recall gains there.
double average_precision(const Ranking& ranking) {
  double found = 0, sum = 0;
  for (const Tie& tie : ranking.ties) {
    found += tie.gain;
    sum += tie.gain * found / static_cast<double>(tie.end);
  }
  return found > 0 ? sum / found : 0;
}

double score_of(Metric metric, const Ranking& ranking) {
  switch (metric) {
    case Metric::mrr_at_10:
      return reciprocal_rank(ranking);
    case Metric::ndcg_at_10:
      return normalized_gain(ranking);
    case Metric::average_precision:
      return average_precision(ranking);
    default:
      throw UsageError(score_name(metric) + " is no score of rankings");
  }
}

}  // namespace

std::map<std::string, double> ranking_scores(std::span<const Metric> metrics, const Rankings& rankings) {
  if (rankings.queries.size() < 2) throw UsageError("rankings: there are no queries");
  if (rankings.scores.size() != rankings.relevance.size() ||
      rankings.queries.back() != rankings.scores.size())
    throw UsageError(fmt::format("rankings: {} scores for {} documents, {} of them of queries",
                                 rankings.scores.size(), rankings.relevance.size(), rankings.queries.back()));
  const std::size_t count = rankings.queries.size() - 1;
  std::map<std::string, double> scores;
  for (const Metric metric : metrics) scores[score_name(metric)] = 0;
  for (std::size_t q = 0; q < count; ++q) {
    const std::size_t begin = rankings.queries[q], size = rankings.queries[q + 1] - begin;
    const Ranking ranking(rankings.scores.subspan(begin, size), rankings.relevance.subspan(begin, size));
    for (const Metric metric : metrics)
      scores[score_name(metric)] += score_of(metric, ranking) / static_cast<double>(count);
  }
  return scores;
}

}  // namespace transkimmer
