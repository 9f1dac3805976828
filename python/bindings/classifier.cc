#include "loading.h"
#include "module.h"

namespace transkimmer::python {
namespace {

/// A Classification in Python's units.
struct Classified {
  Classification result;  ///< but for its tokens, which `drawn` has
  std::vector<Token> tokens;
  std::vector<std::string> labels;  ///< that hold, of a multi-label model
  bool multi_label = false;
  Drawn drawn;

  std::string words() const {
    std::string words = result.label_name;
    if (multi_label) {
      words.clear();
      for (const std::string& label : labels) words += (words.empty() ? "" : ", ") + label;
    }
    return words + (words.empty() ? "" : " ") + std::to_string(result.score);
  }
};

nb::dict to_dict(const Classified& one) {
  nb::dict made;
  made["label"] = one.result.label_name;
  made["score"] = one.result.score;
  if (one.multi_label) made["labels"] = one.labels;
  made["probabilities"] = one.result.probabilities;
  made["kept_fraction"] = one.result.kept_fraction;
  made["truncated"] = one.result.truncated;
  nb::list tokens;
  for (const Token& token : one.tokens) tokens.append(dict_of(token));
  if (!one.tokens.empty()) made["tokens"] = tokens;
  return made;
}

Classified classified(const Classifier& classifier, Classification&& result, const TextInput& input,
                      const nb::object& given) {
  Classified made;
  made.multi_label = classifier.multi_label();
  for (const int label : result.labels)
    made.labels.push_back(classifier.labels()[static_cast<std::size_t>(label)]);
  for (const TokenTrace& trace : result.tokens) made.tokens.push_back(token_of(trace, input));
  made.drawn = {.given = given, .tokens = std::move(result.tokens), .layers = classifier.layers()};
  made.result = std::move(result);
  return made;
}

template <typename Given>
ResultsOf<Given, Classified> classify(const Held<Classifier>& held, const Given& given,
                                      std::size_t max_length, bool trace_tokens, std::size_t batch_tokens,
                                      std::optional<double> skim_threshold) {
  const Texts texts(given);
  const ClassifyOptions options{.batch_tokens = batch_tokens,
                                .max_length = max_length,
                                .trace_tokens = trace_tokens,
                                .progress = [](const ClassifyProgress&) { check_signals(); }};
  std::vector<Classification> found = answered(
      held, skim_threshold, [&](const Classifier& head) { return head.classify(texts.inputs(), options); });
  std::vector<Classified> results;
  results.reserve(found.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    results.push_back(classified(held.head, std::move(found[i]), texts[i], texts.given(i)));
  return results_of<Given>(std::move(results));
}

void bind_result(nb::module_& module) {
  nb::class_<Classified>(module, "Classification", "What a text or a pair is classified as.")
      .def_prop_ro(
          "label", [](const Classified& one) { return one.result.label_name; },
          "The likeliest label's name; empty for regression.")
      .def_prop_ro(
          "label_id", [](const Classified& one) { return one.result.label; },
          "Its index in Classifier.labels.")
      .def_prop_ro(
          "score", [](const Classified& one) { return one.result.score; },
          "Its softmax probability (of a multi-label model, its own); for regression the value.")
      .def_ro("labels", &Classified::labels,
              "Of a multi-label model: names of the labels that hold, with a probability above 0.5.")
      .def_prop_ro(
          "probabilities",
          [](nb::handle self) {
            return array_view(nb::cast<const Classified&>(self).result.probabilities, self);
          },
          "[labels] float32, a view without a copy; empty for regression.")
      .def_prop_ro(
          "kept_fraction",
          [](nb::handle self) {
            return array_view(nb::cast<const Classified&>(self).result.kept_fraction, self);
          },
          "[layers] float32: of all tokens, those that went through each layer.")
      .def_ro("tokens", &Classified::tokens, "Filled with trace_tokens=True.")
      .def_prop_ro(
          "truncated", [](const Classified& one) { return one.result.truncated; },
          "Whether the input was longer than allowed, and was cut.")
      .def("to_dict", &to_dict)
      .def(
          "_repr_html_", [](const Classified& one) { return one.drawn.html(one.words()); },
          "The text, shaded by the layers at which tokens left; None without trace_tokens=True.")
      .def("__repr__", [](const Classified& one) {
        return "Classification(label=" + repr_of(one.result.label_name) +
               ", score=" + std::to_string(one.result.score) + ")";
      });
}

template <typename Given>
void bind_classify(nb::class_<Held<Classifier>>& bound) {
  bound.def(
      "classify", &classify<Given>, nb::arg("texts"), nb::kw_only(), nb::arg("max_length") = 0,
      nb::arg("trace_tokens") = false, nb::arg("batch_tokens") = ClassifyOptions{}.batch_tokens,
      nb::arg("skim_threshold") = nb::none(),
      "One Classification for one text or one pair (a tuple), a list of them for a sequence, in order.\n\n"
      "max_length: longer inputs are cut; 0 is as long as the model allows. trace_tokens: also say of\n"
      "every token where it was skimmed. batch_tokens: tokens in a forward pass. skim_threshold: of this\n"
      "call. Raises UsageError for options out of range; Ctrl-C ends a call between forward passes.");
}

}  // namespace

void bind_classifier(nb::module_& module) {
  bind_result(module);
  nb::class_<Held<Classifier>> bound(
      module, "Classifier",
      "Classifies texts or pairs, or gives them a number.\n\n"
      "    classifier = transkimmer.Classifier.load('my-model', threads=2)\n"
      "    for result in classifier.classify(['a charming journey', ('premise', 'hypothesis')]):\n"
      "        print(result.label, result.score)\n\n"
      "May be used from several threads at once; they compute without the interpreter's lock.");
  bind_head(bound);
  bound.def_prop_ro(
      "multi_label", [](const Held<Classifier>& held) { return held.head.multi_label(); },
      "Whether each label holds or not by itself.");
  bind_classify<OneInput>(bound);
  bind_classify<ManyInputs>(bound);
}

}  // namespace transkimmer::python
