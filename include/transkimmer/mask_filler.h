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

/// A token for the place of a mask, as Hugging Face's fill-mask pipeline has it.
struct FilledToken {
  float score = 0;        ///< its softmax probability among all of the vocabulary
  int token = 0;          ///< its id
  std::string token_str;  ///< its text, with the blank before it where the token has one
  std::string
      sequence;  ///< the text with it in place of this mask; other masks, and then special tokens, stay
};

/// What may stand at the masks of a text.
struct FilledText {
  /// Of each mask in turn the likeliest tokens, by descending score.
  std::vector<std::vector<FilledToken>> masks;
  std::vector<float> kept_fraction;  ///< [layers]: of all tokens, those that went through each layer
  bool truncated = false;            ///< the text was longer than allowed, and was cut
};

/// How texts are run, and how many tokens are told.
struct FillOptions {
  std::size_t top_k = 5;  ///< tokens for each mask
  /// Tokens per forward pass; bounds the memory of a pass, not the result.
  std::size_t batch_tokens = 4096;
  /// Longer texts are truncated; 0: as ClassifyOptions::max_length.
  std::size_t max_length = 0;
  /// Called on the calling thread after every forward pass. What it throws ends the call.
  std::function<void(const ClassifyProgress&)> progress = {};
};

/// Says which words may stand where a text has a mask, with a masked language model (...ForMaskedLM).
///
///     const auto filler = transkimmer::MaskFiller::load("bert-base-uncased");
///     for (const auto& filled : filler.fill({"the film was [MASK]."}).front().masks.front())
///       std::cout << filled.token_str << ' ' << filled.score << '\n';
///
/// The output layer runs for masks alone. Immutable after loading: `fill` may be called from several threads
/// at once.
class TRANSKIMMER_API MaskFiller {
 public:
  /// `notices` receives one-line remarks. Throws IoError, FormatError (naming file, key and tensor),
  /// UsageError (for a model of another kind, too).
  static MaskFiller load(const std::filesystem::path& directory, const EngineOptions& options = {},
                         const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind, or whose tokenizer has
  /// no mask.
  explicit MaskFiller(Model model);
  MaskFiller(MaskFiller&&) noexcept;
  MaskFiller& operator=(MaskFiller&&) noexcept;
  ~MaskFiller();

  /// One result per text, in order. Throws UsageError for options out of range, for a text without a mask
  /// (also where it was cut away), and for a text of 4 GiB; Error when the model computes no finite number.
  std::vector<FilledText> fill(std::span<const std::string_view> texts,
                               const FillOptions& options = {}) const;
  std::vector<FilledText> fill(std::initializer_list<std::string_view> texts,
                               const FillOptions& options = {}) const;

  /// Receives the result of one text. What it throws ends the call.
  using ResultHandler = std::function<void(std::size_t index, FilledText result)>;
  /// For many texts: hands over each result as soon as those before it are there (Classifier::classify).
  ClassifyProgress fill(std::span<const std::string_view> texts, const FillOptions& options,
                        const ResultHandler& on_result) const;

  const Model& model() const;
  /// What stands for a mask in a text: "[MASK]" or "<mask>".
  std::string_view mask_token() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace transkimmer
