#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "datasets/squad.h"
#include "features/encoded_dataset.h"
#include "text/tokenizer.h"

namespace transkimmer {

/// How a question and its context become model inputs: a pair as the tokenizer lays it out, [CLS] question
/// [SEP] window [SEP] say, where a window is as much of the context as has room.
struct QaWindowOptions {
  std::size_t max_length = 384;  ///< tokens of a window with its question and special tokens
  std::size_t doc_stride = 128;  ///< context tokens that a window has in common with the one before it
  /// Tokens that a question is cut to; 0: as many as leave the context room, see longest_question.
  std::size_t max_question_length = 0;
};

/// Windows of `max_length` tokens with the published overlap, or a third of a shorter window.
QaWindowOptions windows_of_length(std::size_t max_length);

/// One model input. Token positions count from the window's first token.
struct QaWindow {
  std::size_t example = 0;           ///< index of the question
  std::uint32_t question_begin = 1;  ///< the question is tokens [question_begin, question_end)
  std::uint32_t question_end = 1;
  std::uint32_t context_begin = 0;  ///< the context is tokens [context_begin, context_end)
  std::uint32_t context_end = 0;
  std::uint32_t first_piece = 0;  ///< which token of the whole context stands at context_begin
  /// First and last token of the answer, to be learned. Both 0 when the question has no answer (or none is
  /// given), or none that stands whole in this window.
  std::uint32_t start = 0;
  std::uint32_t end = 0;

  std::size_t context_tokens() const { return context_end - context_begin; }
  bool is_question(std::size_t token) const { return token >= question_begin && token < question_end; }
  bool is_context(std::size_t token) const { return token >= context_begin && token < context_end; }
};

/// The windows of many questions, those of one question one after the other, from its context's beginning to
/// its end. Every question has at least one.
struct QaFeatures {
  EncodedDataset tokens;          ///< sequence i is window i; its labels are NaN
  std::vector<QaWindow> windows;  ///< [windows]
  /// [questions + 1]: question e has windows [first_window[e], first_window[e + 1]).
  std::vector<std::size_t> first_window = {0};
  std::vector<std::vector<ByteRange>> context_offsets;  ///< [contexts][tokens]: bytes of the context
  std::vector<std::size_t> context_of_example;          ///< [questions]: index into context_offsets
  std::vector<bool> question_truncated;                 ///< [questions]: longer than allowed, cut at its end

  std::size_t questions() const { return first_window.size() - 1; }
  std::size_t truncated_questions() const {
    return static_cast<std::size_t>(std::count(question_truncated.begin(), question_truncated.end(), true));
  }
  std::span<const QaWindow> windows_of(std::size_t example) const {
    return std::span(windows).subspan(first_window[example],
                                      first_window[example + 1] - first_window[example]);
  }
  /// The bytes of its context that a window's token stands for; nothing for other tokens.
  std::optional<ByteRange> context_range(const QaWindow& window, std::size_t token) const;
  /// Whether, of all windows of the question that hold this context token, this is the one with the most
  /// context around it: the greatest of min(tokens before, tokens after) + 0.01 * context tokens, the first
  /// of equals. False for tokens that are not the context's.
  bool has_max_context(const QaWindow& window, std::size_t token) const;
};

/// The most tokens of a question that QaWindowOptions allow, given how many special tokens a pair has: a
/// question takes at most half of what the overlap leaves, so that windows advance through the context.
/// Throws UsageError when doc_stride leaves no room in max_length.
std::size_t longest_question(const QaWindowOptions& options, std::size_t special_tokens);

/// Cuts every context into windows and finds the answers (the first of each question) in them, on `threads`
/// threads (0: all cores), whose number changes nothing. White space before a question is dropped, as the
/// published scripts do. A context without tokens gives one window without context. Throws UsageError as
/// longest_question does.
QaFeatures make_qa_windows(const QaDataset& dataset, const Tokenizer& tokenizer,
                           const QaWindowOptions& options, unsigned threads);

}  // namespace transkimmer
