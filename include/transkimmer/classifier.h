#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "transkimmer/error.h"
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

struct Classification {
  int label = 0;           ///< index into Classifier::labels(); 0 for regression
  std::string label_name;  ///< empty for regression
  /// Softmax probability of the label; for regression the predicted value.
  float score = 0;
  std::vector<float> probabilities;  ///< [labels]; empty for regression
  std::vector<TokenTrace> tokens;    ///< filled when asked for
};

struct ClassifyOptions {
  std::size_t batch_tokens = 4096;  ///< tokens per forward pass; bounds memory, not the result
  std::size_t max_length = 0;       ///< longer inputs are truncated; 0: as long as the model allows
  bool trace_tokens = false;
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
  /// Throws IoError, FormatError (naming file and tensor), UsageError.
  static Classifier load(const std::filesystem::path& directory, const EngineOptions& options = {},
                         const std::function<void(const std::string&)>& notices = {});
  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  /// One result per input, in order. Throws UsageError for options out of range.
  std::vector<Classification> classify(std::span<const TextInput> inputs,
                                       const ClassifyOptions& options = {}) const;
  std::vector<Classification> classify(std::initializer_list<TextInput> inputs,
                                       const ClassifyOptions& options = {}) const;

  /// Label names in index order; one entry for regression.
  const std::vector<std::string>& labels() const;
  /// Layers of the encoder, the value of TokenTrace::skimmed_at for tokens never skimmed.
  int layers() const;

 private:
  struct Impl;
  explicit Classifier(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
