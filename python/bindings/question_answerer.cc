#include "transkimmer/question_answerer.h"

#include <algorithm>

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

/// An Answer in Python's units.
struct Answered {
  Answer answer;
  std::uint32_t start = 0, end = 0;
};

nb::dict to_dict(const Answered& one) {
  nb::dict made;
  made["score"] = one.answer.score;
  made["start"] = one.start;
  made["end"] = one.end;
  made["answer"] = one.answer.text;
  return made;
}

struct AnswerArguments {
  std::size_t max_length = 0;
  std::optional<std::size_t> doc_stride;
  std::size_t max_answer_length = 0;
  bool allow_no_answer = true;
  double null_threshold = 0;
  std::optional<double> skim_threshold;
};

/// Questions beside their contexts, which `answers` makes one list of answers of.
nb::list pairs_of(const OneText& question, const OneText& context) {
  nb::list pairs;
  pairs.append(nb::make_tuple(question, context));
  return pairs;
}
nb::list pairs_of(const ManyTexts& questions, const ManyTexts& contexts) {
  if (nb::len(questions) != nb::len(contexts))
    throw UsageError("questions and contexts: expected as many of one as of the other");
  nb::list pairs;
  for (std::size_t i = 0; i < nb::len(questions); ++i)
    pairs.append(nb::make_tuple(questions[i], contexts[i]));
  return pairs;
}

/// Some at a time, so that Ctrl-C ends a call with many.
std::vector<Answer> answers(const QuestionAnswerer& answerer, std::span<const QuestionInput> inputs,
                            const AnswerOptions& options) {
  constexpr std::size_t kTogether = 64;
  std::vector<Answer> all;
  for (std::size_t begin = 0; begin < inputs.size(); begin += kTogether) {
    for (Answer& one :
         answerer.answer(inputs.subspan(begin, std::min(kTogether, inputs.size() - begin)), options))
      all.push_back(std::move(one));
    check_signals();
  }
  return all;
}

template <typename Given>
ResultsOf<Given, Answered> answer(const Held<QuestionAnswerer>& held, const Given& question,
                                  const Given& context, const AnswerArguments& arguments) {
  const Texts texts(pairs_of(question, context));
  std::vector<QuestionInput> inputs;
  for (const TextInput& input : texts.inputs())
    inputs.push_back({.question = input.text, .context = *input.text_pair});
  const AnswerOptions options{.max_length = arguments.max_length,
                              .doc_stride = arguments.doc_stride,
                              .max_answer_length = arguments.max_answer_length,
                              .allow_no_answer = arguments.allow_no_answer,
                              .null_threshold = arguments.null_threshold};
  std::vector<Answer> found = answered(held, arguments.skim_threshold, [&](const QuestionAnswerer& head) {
    return answers(head, inputs, options);
  });
  std::vector<Answered> results;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::uint32_t start = characters_before(inputs[i].context, found[i].begin);
    const std::uint32_t end = characters_before(inputs[i].context, found[i].end);
    results.push_back({.answer = std::move(found[i]), .start = start, .end = end});
  }
  return results_of<Given>(std::move(results));
}

void bind_result(nb::module_& module) {
  nb::class_<Answered>(module, "Answer", "The passage of a context that answers a question.")
      .def_prop_ro(
          "answer", [](const Answered& one) { return one.answer.text; },
          "Empty where the context does not answer it.")
      .def_prop_ro(
          "score", [](const Answered& one) { return one.answer.score; },
          "Its probability among the candidates.")
      .def_ro("start", &Answered::start, "Its first character in the context.")
      .def_ro("end", &Answered::end, "The character behind its last.")
      .def_prop_ro(
          "null_odds", [](const Answered& one) { return one.answer.null_odds; },
          "How much rather no answer than the best passage, in logits.")
      .def_prop_ro(
          "kept_fraction",
          [](nb::handle self) {
            return array_view(nb::cast<const Answered&>(self).answer.kept_fraction, self);
          },
          "[layers] float32: of all tokens, those that went through each layer.")
      .def("to_dict", &to_dict)
      .def("__repr__", [](const Answered& one) {
        return "Answer(answer=" + repr_of(one.answer.text) + ", score=" + std::to_string(one.answer.score) +
               ")";
      });
}

template <typename Given>
void bind_answer(nb::class_<Held<QuestionAnswerer>>& bound) {
  bound.def(
      "answer",
      [](const Held<QuestionAnswerer>& held, const Given& question, const Given& context,
         std::size_t max_length, std::optional<std::size_t> doc_stride, std::size_t max_answer_length,
         bool allow_no_answer, double null_threshold, std::optional<double> skim_threshold) {
        return answer(held, question, context,
                      {.max_length = max_length,
                       .doc_stride = doc_stride,
                       .max_answer_length = max_answer_length,
                       .allow_no_answer = allow_no_answer,
                       .null_threshold = null_threshold,
                       .skim_threshold = skim_threshold});
      },
      nb::arg("question"), nb::arg("context"), nb::kw_only(), nb::arg("max_length") = 0,
      nb::arg("doc_stride") = nb::none(), nb::arg("max_answer_length") = AnswerOptions{}.max_answer_length,
      nb::arg("allow_no_answer") = true, nb::arg("null_threshold") = 0.0,
      nb::arg("skim_threshold") = nb::none(),
      "One Answer for a str and a str, a list of them for two sequences of one length.\n\n"
      "allow_no_answer: False gives the best passage always. Raises UsageError for options out of range;\n"
      "Ctrl-C ends a call of many questions.");
}

}  // namespace

void bind_question_answerer(nb::module_& module) {
  bind_result(module);
  nb::class_<Held<QuestionAnswerer>> bound(
      module, "QuestionAnswerer",
      "Finds the passage of a context that answers a question.\n\n"
      "    answerer = transkimmer.QuestionAnswerer.load('my-squad-model')\n"
      "    print(answerer.answer('Who built it?', 'The bridge was built by monks.').answer)");
  bind_head(bound);
  bind_answer<OneText>(bound);
  bind_answer<ManyTexts>(bound);
}

}  // namespace transkimmer::python
