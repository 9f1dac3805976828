#include "transkimmer/reranker.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model_files/sentence_transformers/cross_encoder.h"
#include "runtime/probabilities.h"
#include "serving/loaded_model.h"
#include "serving/text_run.h"

namespace transkimmer {
namespace {

const ServedKind& served_kind() {
  static const ServedKind kind = {{HeadKind::reranking, HeadKind::regression}, "a reranker", true};
  return kind;
}

void require_pairs(std::span<const TextInput> inputs) {
  const auto single = std::ranges::find_if(inputs, [](const TextInput& input) { return !input.text_pair; });
  if (single != inputs.end())
    throw UsageError(fmt::format("input {} is a single text, but a reranker takes a query and a text",
                                 single - inputs.begin()));
}

}  // namespace

struct Reranker::Impl {
  explicit Impl(Model served)
      : model((require_kind(served, served_kind()), std::move(served))),
        activation(find_score_activation(model.loaded().engine.config().other_json, "config.json")
                       .value_or(ScoreActivation::sigmoid)) {}

  float score_of(float logit) const {
    return activation == ScoreActivation::sigmoid ? sigmoid(logit) : logit;
  }

  Model model;
  ScoreActivation activation;
};

Reranker::Reranker(Model model) : impl_(std::make_unique<const Impl>(std::move(model))) {}
Reranker::Reranker(Reranker&&) noexcept = default;
Reranker& Reranker::operator=(Reranker&&) noexcept = default;
Reranker::~Reranker() = default;

Reranker Reranker::load(const std::filesystem::path& directory, const EngineOptions& options,
                        const std::function<void(const std::string&)>& notices) {
  return Reranker(load_served(directory, options, notices, served_kind()));
}

ClassifyProgress Reranker::score(std::span<const TextInput> pairs, const ClassifyOptions& options,
                                 const ResultHandler& on_result) const {
  if (!on_result) throw UsageError("score is given an empty function to hand results to");
  require_pairs(pairs);
  return run_texts(impl_->model, pairs, options,
                   [&](std::size_t index, const Encoding& encoding, TextResult run) {
                     Relevance result{.score = impl_->score_of(run.logits.front()),
                                      .kept_fraction = std::move(run.kept_fraction),
                                      .tokens = {},
                                      .truncated = encoding.truncated};
                     if (options.trace_tokens)
                       result.tokens = trace_of(impl_->model, encoding, run.skimmed_at);
                     on_result(index, std::move(result));
                   });
}

std::vector<float> Reranker::score(std::span<const TextInput> pairs, const ClassifyOptions& options) const {
  std::vector<float> scores(pairs.size());
  score(pairs, options, [&](std::size_t index, const Relevance& result) { scores[index] = result.score; });
  return scores;
}

std::vector<float> Reranker::score(std::initializer_list<TextInput> pairs,
                                   const ClassifyOptions& options) const {
  return score(std::span(pairs.begin(), pairs.size()), options);
}

std::vector<RankedDocument> Reranker::rank(std::string_view query,
                                           std::span<const std::string_view> documents, std::size_t top_k,
                                           const ClassifyOptions& options) const {
  std::vector<TextInput> pairs;
  pairs.reserve(documents.size());
  for (const std::string_view document : documents) pairs.push_back({query, document});
  const std::vector<float> scores = score(pairs, options);
  std::vector<RankedDocument> ranked;
  for (std::size_t i = 0; i < scores.size(); ++i) ranked.push_back({i, scores[i]});
  std::ranges::stable_sort(ranked, std::ranges::greater(), &RankedDocument::score);
  if (top_k > 0 && top_k < ranked.size()) ranked.resize(top_k);
  return ranked;
}

std::vector<RankedDocument> Reranker::rank(std::string_view query,
                                           std::initializer_list<std::string_view> documents,
                                           std::size_t top_k, const ClassifyOptions& options) const {
  return rank(query, std::span(documents.begin(), documents.size()), top_k, options);
}

const Model& Reranker::model() const {
  return impl_->model;
}

}  // namespace transkimmer
