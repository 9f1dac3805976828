#include "evaluation/evaluate_tags.h"

#include <ostream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::vector<std::int32_t>> classes_of(const Pass& pass, std::size_t labels) {
  std::vector<std::vector<std::int32_t>> classes;
  for (const std::vector<float>& logits : pass.token_logits) classes.push_back(best_classes(logits, labels));
  return classes;
}

/// Of words in place of tokens.
std::vector<std::vector<std::int32_t>> of_words(const TaggedFeatures& features,
                                                const std::vector<std::vector<std::int32_t>>& of_tokens) {
  std::vector<std::vector<std::int32_t>> classes(features.first_tokens.size());
  for (std::size_t s = 0; s < classes.size(); ++s)
    for (const std::uint32_t token : features.first_tokens[s])
      classes[s].push_back(token == kNoToken ? kNoTag : of_tokens[s][token]);
  return classes;
}

}  // namespace

TagEvaluation evaluate_tags(const Engine& engine, const Engine* dense, const TaggedFeatures& features,
                            std::span<const std::string> labels, const EvaluationOptions& options) {
  if (traits_of(engine.config().head).output != Output::tags)
    throw UsageError(fmt::format("a {} model does not label tokens", name_of(engine.config().head)));
  TagEvaluation result;
  Evaluation& evaluation = result.evaluation;
  evaluation = evaluate(engine, dense, features.tokens, {}, options);
  const auto classes = classes_of(evaluation.run, labels.size());
  result.classes = of_words(features, classes);
  if (features.tokens.tags.empty()) return result;
  result.scores = score_tags(features.tokens, classes, labels);
  evaluation.scores = result.scores->named();
  if (!evaluation.dense) return result;
  result.dense_scores = score_tags(features.tokens, classes_of(*evaluation.dense, labels.size()), labels);
  evaluation.dense_scores = result.dense_scores->named();
  return result;
}

void write_predictions(const std::filesystem::path& path, const TaggedDataset& dataset,
                       const TagEvaluation& evaluation, std::span<const std::string> labels,
                       std::span<const std::size_t> indices) {
  write_file_atomically(path, [&](std::ostream& out) {
    for (std::size_t s = 0; s < evaluation.classes.size(); ++s) {
      Json tags = Json::array();
      for (const std::int32_t tag : evaluation.classes[s])
        tags.push_back(tag < 0 ? Json(nullptr) : Json(labels[static_cast<std::size_t>(tag)]));
      const Json line = {
          {"index", indices[s]}, {"tokens", dataset.examples[s].words}, {"tags", std::move(tags)}};
      out << line.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) << '\n';
    }
  });
}

}  // namespace transkimmer
