#pragma once

#include <vector>

#include "commands/text_input.h"
#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// Answers questions on standard output, one line each.
class AnswerPrinter {
 public:
  /// `answerer` must outlive the printer.
  AnswerPrinter(const QuestionAnswerer& answerer, AnswerOptions options, bool json)
      : answerer_(answerer), options_(options), json_(json) {}

  /// Lines of LineContent::questions. Throws UsageError for options out of range.
  void print(const std::vector<TextLine>& lines) const;

 private:
  void print(const TextLine& line, const Answer& answer) const;

  const QuestionAnswerer& answerer_;
  AnswerOptions options_;
  bool json_;
};

}  // namespace transkimmer
