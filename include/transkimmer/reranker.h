#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transkimmer/classifier.h"
#include "transkimmer/error.h"
#include "transkimmer/model.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// How well a text answers a query.
struct Relevance {
  float score = 0;  ///< from 0 to 1 of a sigmoid, any number where the directory wants the logit
  std::vector<float> kept_fraction;  ///< [layers]: of all tokens, those that went through each layer
  std::vector<TokenTrace> tokens;    ///< filled when asked for
  bool truncated = false;            ///< the pair was longer than allowed, and was cut
};

/// A document and what its query made of it.
struct RankedDocument {
  std::size_t corpus_id = 0;  ///< its place among the documents
  float score = 0;
};

/// A cross-encoder that reads a query together with a text and says how well they fit, as
/// sentence-transformers' CrossEncoder: a model of one label whose directory says that it is one
/// (config.json, config_sentence_transformers.json), or any other regressor, whose logit a sigmoid takes.
///
///     const auto reranker = transkimmer::Reranker::load("ms-marco-MiniLM-L6-v2");
///     for (const auto& found : reranker.rank("who built it?", documents, 3))
///       std::cout << documents[found.corpus_id] << ' ' << found.score << '\n';
///
/// Immutable after loading: it may be called from several threads at once.
class TRANSKIMMER_API Reranker {
 public:
  /// `notices` receives one-line remarks. Throws IoError, FormatError (naming file, key and tensor),
  /// UsageError (for a model of another kind, or one that takes single texts alone, too).
  static Reranker load(const std::filesystem::path& directory, const EngineOptions& options = {},
                       const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind, FormatError for an
  /// activation that is neither sigmoid nor identity.
  explicit Reranker(Model model);
  Reranker(Reranker&&) noexcept;
  Reranker& operator=(Reranker&&) noexcept;
  ~Reranker();

  /// One score per pair of query and text, in order (CrossEncoder.predict). Throws UsageError for options out
  /// of range, for an input that is no pair, and for a text of 4 GiB; Error when the model computes no finite
  /// number.
  std::vector<float> score(std::span<const TextInput> pairs, const ClassifyOptions& options = {}) const;
  std::vector<float> score(std::initializer_list<TextInput> pairs, const ClassifyOptions& options = {}) const;

  /// Receives the result of one pair. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, Relevance result)>;
  /// For many pairs: hands over each result as soon as those before it are there (Classifier::classify).
  ClassifyProgress score(std::span<const TextInput> pairs, const ClassifyOptions& options,
                         const ResultHandler& on_result) const;

  /// The documents by descending score, those of equal scores in their order; the first `top_k` of them, or
  /// all for 0 (CrossEncoder.rank). Throws as `score`.
  std::vector<RankedDocument> rank(std::string_view query, std::span<const std::string_view> documents,
                                   std::size_t top_k = 0, const ClassifyOptions& options = {}) const;
  std::vector<RankedDocument> rank(std::string_view query, std::initializer_list<std::string_view> documents,
                                   std::size_t top_k = 0, const ClassifyOptions& options = {}) const;

  const Model& model() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
