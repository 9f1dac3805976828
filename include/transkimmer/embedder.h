#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transkimmer/classifier.h"
#include "transkimmer/error.h"
#include "transkimmer/model.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// A text as a vector.
struct Embedding {
  std::vector<float> values;         ///< [dimension]
  std::vector<float> kept_fraction;  ///< [layers]: of all tokens, those that went through each layer
  bool truncated = false;            ///< the text was longer than allowed, and was cut
};

/// How texts are run, and what becomes of their vectors.
struct EmbedOptions {
  /// Tokens per forward pass; bounds the memory of a pass, not the result.
  std::size_t batch_tokens = 4096;
  /// Longer texts are truncated; 0: as ClassifyOptions::max_length.
  std::size_t max_length = 0;
  /// Only so many first values, made of length 1 again where the model makes them so (Matryoshka embeddings);
  /// 0: all.
  std::size_t dimensions = 0;
  /// Put before every text. Unset: the model's default prompt, if it has one.
  std::optional<std::string> prompt = std::nullopt;
  /// Called on the calling thread after every forward pass. What it throws ends the call.
  std::function<void(const ClassifyProgress&)> progress = {};
};

/// Texts as vectors, with a model of sentence-transformers' layout: modules.json says how token states are
/// pooled, projected and normalised.
///
///     const auto embedder = transkimmer::Embedder::load("all-MiniLM-L6-v2");
///     const auto vectors = embedder.embed({"a charming journey", "a lovely trip"});
///     std::cout << transkimmer::cosine(vectors[0].values, vectors[1].values) << '\n';
///
/// A token that is skimmed is pooled with the state that it left with. Immutable after loading: `embed` may
/// be called from several threads at once.
class TRANSKIMMER_API Embedder {
 public:
  /// `notices` receives one-line remarks. Throws IoError, FormatError (naming file, key and tensor),
  /// UsageError (for a model of another kind, too).
  static Embedder load(const std::filesystem::path& directory, const EngineOptions& options = {},
                       const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind, and as `load` does for
  /// its prompts.
  explicit Embedder(Model model);
  Embedder(Embedder&&) noexcept;
  Embedder& operator=(Embedder&&) noexcept;
  ~Embedder();

  /// One vector per text, in order. Throws UsageError for options out of range and for a text of 4 GiB; Error
  /// when the model computes no finite number.
  std::vector<Embedding> embed(std::span<const std::string_view> texts,
                               const EmbedOptions& options = {}) const;
  std::vector<Embedding> embed(std::initializer_list<std::string_view> texts,
                               const EmbedOptions& options = {}) const;

  /// Receives the vector of one text. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, Embedding result)>;
  /// For many texts: hands over each vector as soon as those before it are there (Classifier::classify).
  ClassifyProgress embed(std::span<const std::string_view> texts, const EmbedOptions& options,
                         const ResultHandler& on_result) const;

  const Model& model() const;
  /// Values of a vector.
  std::size_t dimension() const;
  /// Prompts by name (config_sentence_transformers.json): what a model wants before queries, say.
  const std::vector<std::pair<std::string, std::string>>& prompts() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

/// Cosine of the angle between two vectors of one length; 0 where one of them is zero. Throws UsageError for
/// vectors of different lengths.
TRANSKIMMER_API float cosine(std::span<const float> left, std::span<const float> right);

}  // namespace transkimmer
