#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "datasets/squad.h"
#include "evaluation/evaluate.h"
#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "metrics/squad_scores.h"

namespace transkimmer {

/// Which null thresholds would have scored best, had every question been answered by its best passage: what
/// --null-threshold of the same value scores. Below all null odds where never to answer is best.
struct NullThresholdSearch {
  BestThreshold exact;
  BestThreshold f1;
};

/// A data set of questions answered by one model, skimmed and dense.
struct QuestionEvaluation {
  /// `examples` are questions; tokens, MACs and times are of their windows. Scores are squad_scores.
  Evaluation evaluation;
  std::vector<QaDecision> decisions;                  ///< [questions]
  std::optional<NullThresholdSearch> null_threshold;  ///< empty when the data has no answers
};

/// Runs a question answering model over `features`, the windows of `dataset`, as `evaluate` does; windows of
/// a question share a batch. Throws UsageError for another kind of model, for features of another data set,
/// and as `evaluate` and `decode_answer` do.
QuestionEvaluation evaluate_questions(const Engine& engine, const Engine* dense, const QaDataset& dataset,
                                      const QaFeatures& features, const QaDecodingOptions& decoding,
                                      const EvaluationOptions& options);

/// Searches over the best passages and null odds of `decisions`, one per question. Throws UsageError for
/// another number of them, and where there are no questions.
NullThresholdSearch search_null_threshold(const QaDataset& dataset, std::span<const QaDecision> decisions);

/// The answers given, as the official evaluation script reads them: {"id": "text", ...}, "" for none.
/// Throws IoError.
void write_predictions(const std::filesystem::path& path, const QaDataset& dataset,
                       std::span<const QaDecision> decisions);
/// The same of null odds, {"id": 1.5, ...}, for the script's --na-prob-file.
void write_null_odds(const std::filesystem::path& path, const QaDataset& dataset,
                     std::span<const QaDecision> decisions);

}  // namespace transkimmer
