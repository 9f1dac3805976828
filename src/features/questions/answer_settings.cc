#include "features/questions/answer_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "transkimmer/error.h"

namespace transkimmer {

QaWindowOptions window_options(const AnswerOptions& options, std::size_t longest) {
  if (options.max_length > longest)
    throw UsageError(
        fmt::format("max_length is {}, but the model takes at most {} tokens", options.max_length, longest));
  const std::size_t published = std::min(QaWindowOptions().max_length, longest);
  QaWindowOptions windows = windows_of_length(options.max_length == 0 ? published : options.max_length);
  if (options.doc_stride) windows.doc_stride = *options.doc_stride;
  windows.max_question_length = options.max_question_length;
  return windows;
}

QaWindowOptions inference_windows(AnswerOptions options, std::size_t longest) {
  options.max_length = std::min(options.max_length, longest);
  return window_options(options, longest);
}

QaDecodingOptions decoding_options(const AnswerOptions& options) {
  QaDecodingOptions decoding;
  decoding.n_best = options.n_best;
  decoding.max_answer_length = options.max_answer_length;
  decoding.allow_no_answer = options.allow_no_answer;
  decoding.null_threshold = options.null_threshold;
  return decoding;
}

}  // namespace transkimmer
