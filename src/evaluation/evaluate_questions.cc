#include "evaluation/evaluate_questions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <ostream>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Json = nlohmann::json;

/// A JSON object with one member per question, in their order, which the official script's search for a
/// threshold depends on. Written as it is made: an object in memory would look for each key among all others.
template <class Value>
void write_by_id(const std::filesystem::path& path, const QaDataset& dataset, const Value& value) {
  const auto dump = [](const Json& json) {
    return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  };
  write_file_atomically(path, [&](std::ostream& out) {
    out << '{';
    for (std::size_t e = 0; e < dataset.examples.size(); ++e)
      out << (e == 0 ? "\n    " : ",\n    ") << dump(dataset.examples[e].id) << ": " << dump(value(e));
    out << "\n}\n";
  });
}

}  // namespace

QuestionEvaluation evaluate_questions(const Engine& engine, const Engine* dense, const QaDataset& dataset,
                                      const QaFeatures& features, const QaDecodingOptions& decoding,
                                      const EvaluationOptions& options) {
  if (traits_of(engine.config().head).output != Output::spans)
    throw UsageError(fmt::format("a {} model does not answer questions", name_of(engine.config().head)));
  if (features.questions() != dataset.examples.size())
    throw UsageError(fmt::format("windows of {} questions for a data set of {}", features.questions(),
                                 dataset.examples.size()));
  EvaluationOptions of_windows = options;
  of_windows.groups = features.first_window;
  QuestionEvaluation result;
  result.evaluation = evaluate(engine, dense, features.tokens, {}, of_windows);
  Evaluation& evaluation = result.evaluation;
  evaluation.windows = evaluation.examples;
  evaluation.examples = dataset.examples.size();
  result.decisions = decode_answers(features, evaluation.run.token_logits, decoding);
  if (!dataset.labelled) return result;
  evaluation.scores = squad_scores(answered_questions(dataset, result.decisions));
  if (evaluation.dense)
    evaluation.dense_scores = squad_scores(
        answered_questions(dataset, decode_answers(features, evaluation.dense->token_logits, decoding)));
  result.null_threshold = search_null_threshold(dataset, result.decisions);
  return result;
}

namespace {

/// The official search calls never answering threshold 0; as a threshold that is to be used it is one below
/// all odds.
BestThreshold usable_threshold(std::span<const AnsweredQuestion> questions, std::span<const double> scores) {
  BestThreshold best = best_threshold(questions, scores);
  const auto below = [](const AnsweredQuestion& a, const AnsweredQuestion& b) {
    return a.null_odds < b.null_odds;
  };
  const double least = std::ranges::min_element(questions, below)->null_odds;
  const auto unanswerable = std::ranges::count_if(
      questions, [](const AnsweredQuestion& question) { return question.gold.empty(); });
  const double silence = 100.0 * static_cast<double>(unanswerable) / static_cast<double>(questions.size());
  if (best.score == silence) best.threshold = std::nextafter(least, -std::numeric_limits<double>::infinity());
  return best;
}

}  // namespace

NullThresholdSearch search_null_threshold(const QaDataset& dataset, std::span<const QaDecision> decisions) {
  const std::vector<AnsweredQuestion> questions = answered_questions(dataset, decisions, true);
  std::vector<double> exact;
  std::vector<double> f1;
  for (const AnsweredQuestion& question : questions) {
    const AnswerScores scores = answer_scores(question);
    exact.push_back(scores.exact);
    f1.push_back(scores.f1);
  }
  return {usable_threshold(questions, exact), usable_threshold(questions, f1)};
}

void write_predictions(const std::filesystem::path& path, const QaDataset& dataset,
                       std::span<const QaDecision> decisions) {
  write_by_id(path, dataset,
              [&](std::size_t e) { return Json(answer_text(dataset, e, decisions[e].answer)); });
}

void write_null_odds(const std::filesystem::path& path, const QaDataset& dataset,
                     std::span<const QaDecision> decisions) {
  write_by_id(path, dataset, [&](std::size_t e) { return Json(decisions[e].null_odds); });
}

}  // namespace transkimmer
