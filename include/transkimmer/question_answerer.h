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

/// A question about a text. Views: the strings must outlive the call.
struct QuestionInput {
  std::string_view question;
  std::string_view context;
};

/// How a long context is cut and an answer chosen. The defaults are those of the published scripts for SQuAD.
struct AnswerOptions {
  /// Tokens of a window: the question, special tokens and a part of the context; at most as many as the model
  /// takes. 0: 384, or as many as the model takes.
  std::size_t max_length = 0;
  /// Tokens of the context that neighbouring windows have in common. Unset: 128, or a third of max_length.
  std::optional<std::size_t> doc_stride = std::nullopt;
  /// Tokens that a question is cut to; 0: half of what the overlap leaves of a window.
  std::size_t max_question_length = 0;
  std::size_t n_best = 20;             ///< starts and ends looked at in each window
  std::size_t max_answer_length = 30;  ///< in tokens
  bool allow_no_answer = true;         ///< false: always give the best passage
  double null_threshold = 0;           ///< "no answer" is given when the null odds exceed this; not NaN
  /// Tokens per forward pass; bounds the memory of a pass, not the result. The tokens and logits of all
  /// windows of a call are kept until it ends: give very many questions in several calls.
  std::size_t batch_tokens = 4096;
};

/// A passage of the context that may be the answer.
struct AnswerCandidate {
  std::uint32_t begin = 0;  ///< byte range of the context; empty: "no answer"
  std::uint32_t end = 0;
  float score = 0;  ///< probability among the candidates
};

/// The passage that answers a question, or that none does.
struct Answer {
  std::string text;         ///< empty when the context does not answer the question
  std::uint32_t begin = 0;  ///< byte range of `text` in the context
  std::uint32_t end = 0;
  float score = 0;  ///< its probability (or that of "no answer") among the candidates
  /// How much rather "no answer" than the best passage, in logits.
  double null_odds = 0;
  std::vector<AnswerCandidate> candidates;  ///< best first, at most n_best + 1
  std::size_t windows = 0;                  ///< that the context was cut into
  bool question_truncated = false;          ///< the question was longer than allowed
  /// Tokens that went through each layer, of all tokens of all windows. [layers]
  std::vector<float> kept_fraction;
};

/// An extractive question answering model loaded from a Hugging Face directory.
///
///     const auto answerer = transkimmer::QuestionAnswerer::load("my-squad-model", {.threads = 2});
///     const auto answer = answerer.answer("Who built it?", "The bridge was built by monks.");
///     std::cout << (answer.text.empty() ? "no answer" : answer.text) << '\n';
///
/// Immutable after loading: `answer` may be called from several threads at once.
class TRANSKIMMER_API QuestionAnswerer {
 public:
  /// `notices` receives one-line remarks (a model trained with the published code's attention, say).
  /// Throws IoError, FormatError (naming file and tensor), UsageError (for a model of another kind, too).
  static QuestionAnswerer load(const std::filesystem::path& directory, const EngineOptions& options = {},
                               const std::function<void(const std::string&)>& notices = {});
  /// Of a model that is loaded already. Throws UsageError for a model of another kind.
  explicit QuestionAnswerer(Model model);
  QuestionAnswerer(QuestionAnswerer&&) noexcept;
  QuestionAnswerer& operator=(QuestionAnswerer&&) noexcept;
  ~QuestionAnswerer();

  /// A context of white space has no answer. Throws UsageError for options out of range and for a text of
  /// 4 GiB; Error when the model computes no finite number.
  Answer answer(std::string_view question, std::string_view context, const AnswerOptions& options = {}) const;
  /// One answer per input, in order. The windows of a question share a forward pass,
  /// as many as batch_tokens allows.
  std::vector<Answer> answer(std::span<const QuestionInput> inputs, const AnswerOptions& options = {}) const;
  std::vector<Answer> answer(std::initializer_list<QuestionInput> inputs,
                             const AnswerOptions& options = {}) const;

  const Model& model() const;
  /// Layers of the encoder, the size of Answer::kept_fraction.
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
