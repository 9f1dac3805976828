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

/// A token of the vocabulary and what it weighs in a sparse vector.
struct SparseValue {
  int index = 0;      ///< the token's id
  float value = 0;    ///< above 0
  std::string token;  ///< as the vocabulary spells it
};

/// A text as a sparse vector.
struct SparseEmbedding {
  std::vector<SparseValue> values;   ///< by descending value; all others of the vocabulary are 0
  std::vector<float> kept_fraction;  ///< [layers]: of all tokens, those that went through each layer
  bool truncated = false;            ///< the text was longer than allowed, and was cut
};

/// How texts are run, and how much of their vectors is kept.
struct SparseEmbedOptions {
  /// Only so many largest values (SparseEncoder's max_active_dims); 0: all.
  std::size_t max_active_dims = 0;
  /// Tokens per forward pass, of which each has a value for every token of the vocabulary: bounds the memory
  /// of a pass, not the result.
  std::size_t batch_tokens = 512;
  /// Longer texts are truncated; 0: as ClassifyOptions::max_length.
  std::size_t max_length = 0;
  /// Called on the calling thread after every forward pass. What it throws ends the call.
  std::function<void(const ClassifyProgress&)> progress = {};
};

/// Texts as sparse vectors over the vocabulary (SPLADE), with a masked language model: of each token of the
/// vocabulary the largest log(1 + relu(logit)) that any token of the text gives it. A directory of
/// sentence-transformers' SparseEncoder (modules.json with SpladePooling) says whether it is the sum instead,
/// and of which activation.
///
/// A skimmed token gives the logits of the state that it left with. Immutable after loading: `embed` may be
/// called from several threads at once.
class TRANSKIMMER_API SparseEmbedder {
 public:
  /// `notices` receives one-line remarks. Throws IoError, FormatError (naming file, key and tensor),
  /// UsageError (for a model of another kind, too).
  static SparseEmbedder load(const std::filesystem::path& directory, const EngineOptions& options = {},
                             const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind, and as `load` does for
  /// modules.json.
  explicit SparseEmbedder(Model model);
  SparseEmbedder(SparseEmbedder&&) noexcept;
  SparseEmbedder& operator=(SparseEmbedder&&) noexcept;
  ~SparseEmbedder();

  /// Whether the directory of a masked language model says that sparse vectors are made of it.
  static bool is_meant_by(const Model& model);

  /// One vector per text, in order. Throws UsageError for options out of range and for a text of 4 GiB; Error
  /// when the model computes no finite number.
  std::vector<SparseEmbedding> embed(std::span<const std::string_view> texts,
                                     const SparseEmbedOptions& options = {}) const;
  std::vector<SparseEmbedding> embed(std::initializer_list<std::string_view> texts,
                                     const SparseEmbedOptions& options = {}) const;

  /// Receives the vector of one text. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, SparseEmbedding result)>;
  /// For many texts: hands over each vector as soon as those before it are there (Classifier::classify).
  ClassifyProgress embed(std::span<const std::string_view> texts, const SparseEmbedOptions& options,
                         const ResultHandler& on_result) const;

  const Model& model() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
