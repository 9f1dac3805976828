#pragma once

#include <cstddef>

#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// The windows that `options` ask for, of a model that takes `longest` tokens. Throws UsageError when
/// max_length is more than that.
QaWindowOptions window_options(const AnswerOptions& options, std::size_t longest);

/// The same for a model that is only run: a greater max_length means as many as the model takes, as it does
/// of a classifier.
QaWindowOptions inference_windows(AnswerOptions options, std::size_t longest);

/// How `options` have an answer chosen from the logits.
QaDecodingOptions decoding_options(const AnswerOptions& options);

}  // namespace transkimmer
