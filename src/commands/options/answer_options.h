#pragma once

#include <CLI/App.hpp>

#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// The name of the group that options of question answering are shown under.
inline constexpr const char* kQuestionsGroup = "Questions (of question answering models)";

/// --doc-stride, --max-question-length, --n-best, --max-answer-length, --null-threshold and --always-answer.
void add_answer_options(CLI::App& command, AnswerOptions& options);

}  // namespace transkimmer
