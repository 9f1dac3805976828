#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transkimmer/error.h"
#include "transkimmer/model.h"
#include "transkimmer/options.h"

namespace transkimmer {

/// A text, or a pair of texts (premise and hypothesis, say). Views: the strings must outlive the call.
struct TextInput {
  std::string_view text;
  std::optional<std::string_view> text_pair = std::nullopt;
};

/// One token of an input and what became of it.
struct TokenTrace {
  std::string token;        ///< as the vocabulary spells it
  std::uint32_t begin = 0;  ///< byte range in `text` or `text_pair`; 0,0 for special tokens
  std::uint32_t end = 0;
  bool second = false;  ///< belongs to `text_pair`
  int skimmed_at =
      0;  ///< the layer whose predictor skimmed it; the number of layers when it was never skimmed
};

/// What a text, or a pair, is classified as.
struct Classification {
  int label = 0;           ///< index into Classifier::labels(), of the likeliest; 0 for regression
  std::string label_name;  ///< empty for regression
  /// Softmax probability of the label (sigmoid of a multi-label model); for regression the predicted value.
  float score = 0;
  std::vector<float> probabilities;  ///< [labels]; empty for regression
  /// Of a multi-label model, whose labels hold or not each by itself: those with a probability above 0.5, by
  /// index; empty for others.
  std::vector<int> labels = {};
  /// Tokens that went through each layer, of all tokens. [layers]
  std::vector<float> kept_fraction;
  std::vector<TokenTrace> tokens;  ///< filled when asked for
  bool truncated = false;          ///< the input was longer than allowed, and was cut
};

/// How far a call of `classify` has come, and how fast it is.
struct ClassifyProgress {
  std::size_t done = 0;      ///< inputs classified
  std::size_t total = 0;     ///< inputs of the call
  std::uint64_t tokens = 0;  ///< of the inputs classified, special tokens included, as they enter the model
  double seconds = 0;        ///< since the call began, tokenisation included

  /// 0 before any time has passed.
  double tokens_per_second() const { return seconds > 0 ? static_cast<double>(tokens) / seconds : 0; }
  double sequences_per_second() const { return seconds > 0 ? static_cast<double>(done) / seconds : 0; }
};

/// How inputs are run, and what is told of them.
struct ClassifyOptions {
  /// Tokens per forward pass; bounds the memory of a pass, not the result. Batches are cut by tokens, not by
  /// number, from inputs sorted by length.
  std::size_t batch_tokens = 4096;
  /// Longer inputs are truncated. 0: as long as the model allows, or its tokenizer's model_max_length where
  /// that is less; more than the model takes: as long as the model allows.
  std::size_t max_length = 0;
  bool trace_tokens = false;
  /// Called on the calling thread after every forward pass. What it throws ends the call.
  std::function<void(const ClassifyProgress&)> progress = {};
};

/// A text classifier (or regressor) loaded from a Hugging Face directory.
///
///     const auto classifier = transkimmer::Classifier::load("my-model", {.threads = 2});
///     for (const auto& result : classifier.classify({{"a charming journey"}, {"flat"}}))
///       std::cout << result.label_name << ' ' << result.score << '\n';
///
/// Immutable after loading: `classify` may be called from several threads at once.
class TRANSKIMMER_API Classifier {
 public:
  /// `notices` receives one-line remarks (a model trained with the published code's attention, say).
  /// Throws IoError, FormatError (naming file and tensor), UsageError (for a model of another kind, too).
  static Classifier load(const std::filesystem::path& directory, const EngineOptions& options = {},
                         const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind.
  explicit Classifier(Model model);
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  /// One result per input, in order. Throws UsageError for options out of range, for a pair where the model
  /// takes single texts alone, and for a text of 4 GiB; Error when the model computes no finite number.
  std::vector<Classification> classify(std::span<const TextInput> inputs,
                                       const ClassifyOptions& options = {}) const;
  std::vector<Classification> classify(std::initializer_list<TextInput> inputs,
                                       const ClassifyOptions& options = {}) const;

  /// Receives the result of one input. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, Classification result)>;
  /// For many inputs: hands over each result as soon as those before it are there, in the order of the
  /// inputs, on the calling thread, and returns how fast it was. While one part of the inputs is classified
  /// the next is tokenised on another thread, and no more is kept in memory than some batches need. Throws as
  /// `classify` does, perhaps after some results; UsageError for an empty handler.
  ///
  ///     const auto speed = classifier.classify(inputs, {}, [](std::size_t, const auto& result) {
  ///       std::cout << result.label_name << '\n';
  ///     });
  ///     std::cerr << speed.tokens_per_second() << " tokens/s\n";
  ClassifyProgress classify(std::span<const TextInput> inputs, const ClassifyOptions& options,
                            const ResultHandler& on_result) const;
  ClassifyProgress classify(std::initializer_list<TextInput> inputs, const ClassifyOptions& options,
                            const ResultHandler& on_result) const;

  const Model& model() const;
  /// Label names in index order; one entry for regression.
  const std::vector<std::string>& labels() const;
  /// Whether each label holds or not by itself (problem_type "multi_label_classification").
  bool multi_label() const;
  /// Layers of the encoder, the value of TokenTrace::skimmed_at for tokens never skimmed.
  int layers() const;
  /// Threads of the engine, the calling one included.
  int threads() const;
  /// What the matrix products really run in; never `automatic`.
  Precision precision() const;
  /// Whether tokens are skimmed: the model has predictors, and they were not switched off.
  bool skimming() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
