#pragma once

#include <cstddef>
#include <vector>

#include "commands/options/text_input.h"
#include "transkimmer/question_answerer.h"

namespace transkimmer {

/// Answers questions on standard output, one line each. Where the line does not say so, a note on standard
/// error says which questions were too long.
class AnswerPrinter {
 public:
  /// `answerer` must outlive the printer.
  AnswerPrinter(const QuestionAnswerer& answerer, AnswerOptions options, bool json)
      : answerer_(answerer), options_(options), json_(json) {}

  /// Lines of LineContent::questions. Throws UsageError for options out of range.
  void print(const std::vector<TextLine>& lines);

 private:
  void print(const TextLine& line, const Answer& answer) const;
  void tell_about_cut_question(const Answer& answer);

  const QuestionAnswerer& answerer_;
  AnswerOptions options_;
  bool json_;
  std::size_t answered_ = 0;
};

}  // namespace transkimmer
