#include "commands/prediction/answer_printer.h"

#include <algorithm>
#include <iostream>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/strings/escaping.h"
#include "commands/program/output.h"
#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

Json as_json(const TextLine& line, const Answer& answer) {
  Json object;
  if (!line.id.empty()) object["id"] = Json::parse(line.id);
  object["answer"] = answer.text;
  object["begin"] = answer.begin;
  object["end"] = answer.end;
  object["begin_character"] = characters_before(*line.text_pair, answer.begin);
  object["end_character"] = characters_before(*line.text_pair, answer.end);
  object["score"] = shortest_decimal(answer.score);
  object["null_odds"] = answer.null_odds;
  object["windows"] = answer.windows;
  object["question_truncated"] = answer.question_truncated;
  object["kept_fraction"] = Json::array();
  for (const float fraction : answer.kept_fraction)
    object["kept_fraction"].push_back(shortest_decimal(fraction));
  return object;
}

/// A passage on one line of two columns.
std::string passage_text(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return on_one_line(text);
}

}  // namespace

void AnswerPrinter::print(const std::vector<TextLine>& lines) {
  std::vector<QuestionInput> inputs;
  inputs.reserve(lines.size());
  for (const TextLine& line : lines) inputs.push_back({line.text, *line.text_pair});
  const std::vector<Answer> answers = answerer_.answer(inputs, options_);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    ++answered_;
    if (!json_) tell_about_cut_question(answers[i]);
    print(lines[i], answers[i]);
  }
  std::cout.flush();
}

void AnswerPrinter::tell_about_cut_question(const Answer& answer) {
  if (answer.question_truncated)
    notices_on_standard_error()(fmt::format("question {} is too long and has been cut", answered_));
}

void AnswerPrinter::print(const TextLine& line, const Answer& answer) const {
  if (json_) {
    print_json(as_json(line, answer));
  } else {
    std::cout << fmt::format("{}\t{:.6f}\n", passage_text(answer.text), answer.score);
  }
}

}  // namespace transkimmer
