#include "metrics/squad_scores.h"

#include <algorithm>
#include <iterator>
#include <numeric>

#include <fmt/format.h>

#include "metrics/answer_normalization.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Words = std::vector<std::string>;

/// Words that two answers have in common, each as often as both have it.
std::size_t common_words(Words a, Words b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  Words common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
  return common.size();
}

/// Whether the file gives the question an answer at all, even one of which normalisation leaves nothing.
bool has_answer(const AnsweredQuestion& question) {
  return !question.gold.empty();
}

struct Scored {
  std::vector<double> exact;  ///< [questions]
  std::vector<double> f1;     ///< [questions]
};

/// Mean in percent over the questions that have, or have no, answer: summed in the file's order and divided
/// last, as the script does, for the same rounding.
double percentage(std::span<const double> scores) {
  const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
  return 100.0 * sum / static_cast<double>(scores.size());
}

void add_group(const std::string& prefix, const Scored& scored, std::map<std::string, double>& result) {
  if (scored.exact.empty()) return;
  result[prefix + "exact"] = percentage(scored.exact);
  result[prefix + "f1"] = percentage(scored.f1);
  result[prefix + "total"] = static_cast<double>(scored.exact.size());
}

}  // namespace

double answer_exact(std::string_view gold, std::string_view predicted) {
  return answer_tokens(gold) == answer_tokens(predicted) ? 1.0 : 0.0;
}

double answer_f1(std::string_view gold, std::string_view predicted) {
  const Words gold_words = answer_tokens(gold);
  const Words predicted_words = answer_tokens(predicted);
  if (gold_words.empty() || predicted_words.empty()) return gold_words == predicted_words ? 1.0 : 0.0;
  const auto common = static_cast<double>(common_words(gold_words, predicted_words));
  if (common == 0.0) return 0.0;
  const double precision = common / static_cast<double>(predicted_words.size());
  const double recall = common / static_cast<double>(gold_words.size());
  return (2.0 * precision * recall) / (precision + recall);
}

AnswerScores answer_scores(const AnsweredQuestion& question) {
  AnswerScores best;
  bool any = false;
  for (const std::string& gold : question.gold) {
    if (answer_tokens(gold).empty()) continue;
    any = true;
    best.exact = std::max(best.exact, answer_exact(gold, question.predicted));
    best.f1 = std::max(best.f1, answer_f1(gold, question.predicted));
  }
  if (!any) return {answer_exact("", question.predicted), answer_f1("", question.predicted)};
  return best;
}

BestThreshold best_threshold(std::span<const AnsweredQuestion> questions, std::span<const double> scores) {
  if (questions.size() != scores.size() || questions.empty())
    throw UsageError(
        fmt::format("best_threshold: {} scores for {} questions", scores.size(), questions.size()));
  std::vector<std::size_t> order(questions.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return questions[a].null_odds < questions[b].null_odds;
  });
  double score = static_cast<double>(
      std::count_if(questions.begin(), questions.end(),
                    [](const AnsweredQuestion& question) { return !has_answer(question); }));
  BestThreshold best{score, 0.0};
  for (const std::size_t i : order) {
    if (has_answer(questions[i])) {
      score += scores[i];
    } else if (!questions[i].predicted.empty()) {
      score -= 1.0;
    }
    if (score > best.score) best = {score, questions[i].null_odds};
  }
  best.score = 100.0 * best.score / static_cast<double>(questions.size());
  return best;
}

std::map<std::string, double> squad_scores(std::span<const AnsweredQuestion> questions) {
  if (questions.empty()) throw UsageError("squad_scores: no questions");
  Scored all;
  Scored answerable;
  Scored unanswerable;
  for (const AnsweredQuestion& question : questions) {
    const AnswerScores scores = answer_scores(question);
    for (Scored* group : {&all, has_answer(question) ? &answerable : &unanswerable}) {
      group->exact.push_back(scores.exact);
      group->f1.push_back(scores.f1);
    }
  }
  std::map<std::string, double> result;
  add_group("", all, result);
  add_group("HasAns_", answerable, result);
  add_group("NoAns_", unanswerable, result);
  const BestThreshold exact = best_threshold(questions, all.exact);
  const BestThreshold f1 = best_threshold(questions, all.f1);
  result["best_exact"] = exact.score;
  result["best_exact_thresh"] = exact.threshold;
  result["best_f1"] = f1.score;
  result["best_f1_thresh"] = f1.threshold;
  return result;
}

}  // namespace transkimmer
