#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "datasets/tagged_sentences.h"
#include "evaluation/evaluate.h"
#include "features/tagged_features.h"
#include "metrics/entity_scores.h"

namespace transkimmer {

/// Sentences of words whose tokens one model has labelled, skimmed and dense.
struct TagEvaluation {
  Evaluation evaluation;                     ///< examples are sentences; scores are EntityScores::named
  std::optional<EntityScores> scores;        ///< of `run`; none when the data has no labels
  std::optional<EntityScores> dense_scores;  ///< of the same weights without skimming, when asked for
  /// [sentences][words]: classes; kNoTag of a word without a token.
  std::vector<std::vector<std::int32_t>> classes;
};

/// Runs a token classifier over `features` as `evaluate` does. `labels` name the classes of model and data.
/// Throws UsageError for another kind of model, and as `evaluate` and `score_tags` do.
TagEvaluation evaluate_tags(const Engine& engine, const Engine* dense, const TaggedFeatures& features,
                            std::span<const std::string> labels, const EvaluationOptions& options);

/// The tags of every word, as JSON lines: {"index": 3, "tokens": ["Ada", ...], "tags": ["B-PER", ...]}, null
/// for a word without a token. `indices` [sentences] number them. Throws IoError.
void write_predictions(const std::filesystem::path& path, const TaggedDataset& dataset,
                       const TagEvaluation& evaluation, std::span<const std::string> labels,
                       std::span<const std::size_t> indices);

}  // namespace transkimmer
