#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "features/questions/qa_decoding.h"
#include "features/questions/qa_windows.h"
#include "transkimmer/model.h"
#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// Questions as the windows that a model reads.
struct WindowedQuestions {
  QaDataset dataset;
  QaFeatures features;
};

/// What the engine says about every window.
struct WindowResults {
  std::vector<std::vector<float>> logits;        ///< [windows][tokens, 2]
  std::vector<std::vector<std::uint32_t>> kept;  ///< [windows][layers]
};

/// Cuts contexts into windows on `threads` threads. Throws UsageError for options out of range and for a text
/// of 4 GiB.
WindowedQuestions cut_into_windows(const Model& model, std::span<const QuestionInput> inputs,
                                   const AnswerOptions& options, unsigned threads);

/// An answer to each question. Throws UsageError for options out of range.
std::vector<Answer> answers_of(const WindowedQuestions& questions, const WindowResults& results,
                               const AnswerOptions& options);

}  // namespace transkimmer
