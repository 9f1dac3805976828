#include "features/questions/qa_decoding.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Positions of the `count` highest logits, highest first.
std::vector<std::size_t> highest(std::span<const double> logits, std::size_t count) {
  std::vector<std::size_t> order(logits.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  count = std::min(count, order.size());
  const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(order.begin(), middle, order.end(), [&](std::size_t a, std::size_t b) {
    return logits[a] != logits[b] ? logits[a] > logits[b] : a < b;
  });
  order.resize(count);
  return order;
}

void check(const QaFeatures& features, std::size_t example, std::span<const TokenLogits> logits,
           const QaDecodingOptions& options) {
  if (options.n_best == 0) throw UsageError("n_best is 0, expected at least 1");
  if (options.max_answer_length == 0) throw UsageError("max_answer_length is 0, expected at least 1");
  if (std::isnan(options.null_threshold)) throw UsageError("null_threshold is not a number");
  const std::size_t windows = features.windows_of(example).size();
  if (logits.size() != windows)
    throw UsageError(fmt::format("decode_answer: logits of {} windows, expected {}", logits.size(), windows));
  for (std::size_t w = 0; w < windows; ++w) {
    const std::size_t tokens = features.tokens.length(features.first_window[example] + w);
    if (logits[w].start.size() != tokens || logits[w].end.size() != tokens)
      throw UsageError(fmt::format("decode_answer: {} start and {} end logits for a window of {} tokens",
                                   logits[w].start.size(), logits[w].end.size(), tokens));
    for (const std::vector<double>* side : {&logits[w].start, &logits[w].end})
      if (!std::all_of(side->begin(), side->end(), [](double logit) { return std::isfinite(logit); }))
        throw UsageError("decode_answer: a logit is not finite");
  }
}

class AnswerSearch {
 public:
  AnswerSearch(const QaFeatures& features, const QaDecodingOptions& options)
      : features_(features), options_(options) {}

  void add_window(const QaWindow& window, const TokenLogits& logits) {
    const QaCandidate no_answer{.range = {}, .start_logit = logits.start[0], .end_logit = logits.end[0]};
    if (!null_ || no_answer.score() < null_->score()) null_ = no_answer;
    const std::vector<std::size_t> ends = highest(logits.end, options_.n_best);
    for (const std::size_t start : highest(logits.start, options_.n_best)) {
      const auto first = features_.context_range(window, start);
      if (!first || (options_.max_context_only && !features_.has_max_context(window, start))) continue;
      for (const std::size_t end : ends) {
        const auto last = features_.context_range(window, end);
        if (!last || end < start || end - start >= options_.max_answer_length) continue;
        if (first->begin >= last->end) continue;  // blanks of a byte-level vocabulary
        found_.push_back({.range = {first->begin, last->end},
                          .start_logit = logits.start[start],
                          .end_logit = logits.end[end],
                          .null = false});
      }
    }
  }

  QaDecision decide() && {
    if (options_.allow_no_answer) found_.push_back(*null_);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const QaCandidate& a, const QaCandidate& b) { return a.score() > b.score(); });
    found_.resize(std::min(found_.size(), options_.n_best));
    const auto is_null = [](const QaCandidate& candidate) { return candidate.null; };
    if (options_.allow_no_answer && std::none_of(found_.begin(), found_.end(), is_null))
      found_.push_back(*null_);
    give_probabilities();
    QaDecision decision;
    const auto passage = std::find_if_not(found_.begin(), found_.end(), is_null);
    if (passage != found_.end()) decision.best_passage = *passage;
    decision.null_odds = null_->score() - decision.best_passage.start_logit - decision.best_passage.end_logit;
    const bool has_passage = !decision.best_passage.null;
    const bool prefers_passage = has_passage && !(decision.null_odds > options_.null_threshold);
    if (prefers_passage || !options_.allow_no_answer) {
      decision.answer = decision.best_passage;
    } else {
      decision.answer = *std::find_if(found_.begin(), found_.end(), is_null);
    }
    decision.n_best = std::move(found_);
    return decision;
  }

 private:
  void give_probabilities() {
    if (found_.empty()) return;
    double sum = 0.0;
    // Best first, but a "no answer" put back at the end.
    const double highest_score = found_.front().score();
    for (QaCandidate& candidate : found_)
      sum += candidate.probability = std::exp(candidate.score() - highest_score);
    for (QaCandidate& candidate : found_) candidate.probability /= sum;
  }

  const QaFeatures& features_;
  const QaDecodingOptions& options_;
  std::optional<QaCandidate> null_;
  std::vector<QaCandidate> found_;
};

}  // namespace

TokenLogits token_logits(std::span<const float> start_and_end) {
  TokenLogits logits;
  for (std::size_t i = 0; i + 1 < start_and_end.size(); i += 2) {
    logits.start.push_back(start_and_end[i]);
    logits.end.push_back(start_and_end[i + 1]);
  }
  return logits;
}

QaDecision decode_answer(const QaFeatures& features, std::size_t example, std::span<const TokenLogits> logits,
                         const QaDecodingOptions& options) {
  check(features, example, logits, options);
  AnswerSearch search(features, options);
  const std::span<const QaWindow> windows = features.windows_of(example);
  for (std::size_t w = 0; w < windows.size(); ++w) search.add_window(windows[w], logits[w]);
  return std::move(search).decide();
}

std::vector<QaDecision> decode_answers(const QaFeatures& features, std::span<const std::vector<float>> logits,
                                       const QaDecodingOptions& options) {
  if (logits.size() != features.windows.size())
    throw UsageError(fmt::format("decode_answers: logits of {} windows, expected {}", logits.size(),
                                 features.windows.size()));
  std::vector<QaDecision> decisions;
  for (std::size_t e = 0; e < features.questions(); ++e) {
    std::vector<TokenLogits> of_question;
    for (std::size_t w = features.first_window[e]; w < features.first_window[e + 1]; ++w)
      of_question.push_back(token_logits(logits[w]));
    decisions.push_back(decode_answer(features, e, of_question, options));
  }
  return decisions;
}

std::string_view answer_text(const QaDataset& dataset, std::size_t example, const QaCandidate& candidate) {
  if (candidate.null) return {};
  const std::string_view context = dataset.context_of(dataset.examples[example]);
  return context.substr(candidate.range.begin, candidate.range.end - candidate.range.begin);
}

std::vector<AnsweredQuestion> answered_questions(const QaDataset& dataset,
                                                 std::span<const QaDecision> decisions, bool always_answer) {
  if (dataset.examples.size() != decisions.size())
    throw UsageError(fmt::format("answered_questions: {} decisions for {} questions", decisions.size(),
                                 dataset.examples.size()));
  std::vector<AnsweredQuestion> questions;
  for (std::size_t e = 0; e < decisions.size(); ++e) {
    AnsweredQuestion& question = questions.emplace_back();
    for (const QaAnswer& answer : dataset.examples[e].answers) question.gold.push_back(answer.text);
    const QaDecision& decision = decisions[e];
    question.predicted = answer_text(dataset, e, always_answer ? decision.best_passage : decision.answer);
    question.null_odds = decision.null_odds;
  }
  return questions;
}

}  // namespace transkimmer
