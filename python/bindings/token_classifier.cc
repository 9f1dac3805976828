#include "transkimmer/token_classifier.h"

#include <array>

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

/// An Entity in Python's units.
struct Found {
  std::string entity_group;
  float score = 0;
  std::string word;   ///< as the text spells it
  std::string token;  ///< as the tokenizer does
  std::uint32_t start = 0, end = 0, index = 0;
  bool second = false;
};

struct Tags {
  std::vector<Found> entities;
  std::vector<Token> tokens;
  std::vector<std::string> labels;
  std::vector<float> kept_fraction;
  bool truncated = false;
  Drawn drawn;

  std::string words() const {
    std::string words;
    for (const Found& entity : entities)
      words += (words.empty() ? "" : ", ") + entity.entity_group + ": " + entity.word;
    return words;
  }
};

nb::dict to_dict(const Found& one) {
  nb::dict made;
  made["entity_group"] = one.entity_group;
  made["score"] = one.score;
  made["word"] = one.word;
  made["start"] = one.start;
  made["end"] = one.end;
  return made;
}

Aggregation aggregation_of(const std::string& name) {
  constexpr std::array<std::pair<std::string_view, Aggregation>, 5> kNames{{{"none", Aggregation::none},
                                                                            {"simple", Aggregation::simple},
                                                                            {"first", Aggregation::first},
                                                                            {"average", Aggregation::average},
                                                                            {"max", Aggregation::max}}};
  for (const auto& [known, aggregation] : kNames)
    if (name == known) return aggregation;
  throw UsageError("aggregation_strategy: '" + name + "' is none of none, simple, first, average, max");
}

Tags tags_of(TaggedText&& tagged, const TextInput& input, Drawn drawn) {
  Tags made;
  made.truncated = tagged.truncated;
  made.kept_fraction = std::move(tagged.kept_fraction);
  for (const Entity& entity : tagged.entities) {
    const std::string_view text = entity.second ? *input.text_pair : input.text;
    made.entities.push_back({.entity_group = entity.entity_group,
                             .score = entity.score,
                             .word = std::string(text.substr(entity.begin, entity.end - entity.begin)),
                             .token = entity.word,
                             .start = characters_before(text, entity.begin),
                             .end = characters_before(text, entity.end),
                             .index = entity.index,
                             .second = entity.second});
  }
  for (TokenLabel& label : tagged.tokens) {
    made.tokens.push_back(token_of(label.token, input));
    made.labels.push_back(std::move(label.label_name));
    drawn.tokens.push_back(std::move(label.token));
  }
  made.drawn = std::move(drawn);
  return made;
}

template <typename Given>
ResultsOf<Given, Tags> tag(const Held<TokenClassifier>& held, const Given& given,
                           const std::string& aggregation_strategy, std::size_t max_length,
                           std::size_t batch_tokens, std::optional<double> skim_threshold) {
  const Texts texts(given);
  const TagOptions options{.batch_tokens = batch_tokens,
                           .max_length = max_length,
                           .aggregation = aggregation_of(aggregation_strategy),
                           .progress = [](const ClassifyProgress&) { check_signals(); }};
  std::vector<TaggedText> found = answered(
      held, skim_threshold, [&](const TokenClassifier& head) { return head.tag(texts.inputs(), options); });
  const int layers = held.head.model().layers();
  std::vector<Tags> results;
  for (std::size_t i = 0; i < found.size(); ++i)
    results.push_back(
        tags_of(std::move(found[i]), texts[i], {.given = texts.given(i), .tokens = {}, .layers = layers}));
  return results_of<Given>(std::move(results));
}

template <typename Given>
void bind_tag(nb::class_<Held<TokenClassifier>>& bound) {
  bound.def(
      "tag", &tag<Given>, nb::arg("texts"), nb::kw_only(), nb::arg("aggregation_strategy") = "simple",
      nb::arg("max_length") = 0, nb::arg("batch_tokens") = TagOptions{}.batch_tokens,
      nb::arg("skim_threshold") = nb::none(),
      "One TaggedText for one text, a list of them for a sequence, in order.\n\n"
      "aggregation_strategy: none, simple, first, average or max, as Hugging Face's pipeline has them.\n"
      "Raises UsageError for options out of range; Ctrl-C ends a call between forward passes.");
}

void bind_results(nb::module_& module) {
  nb::class_<Found>(module, "Entity", "Neighbouring tokens of one kind.")
      .def_ro("entity_group", &Found::entity_group, "The label without 'B-' or 'I-'.")
      .def_ro("score", &Found::score, "Mean of its tokens' probabilities.")
      .def_ro("word", &Found::word, "As the text spells it.")
      .def_prop_ro(
          "token", [](const Found& one) { return text_of(one.token); },
          "As the tokenizer spells it, which is Hugging Face's `word`.")
      .def_ro("start", &Found::start, "Its first character in the text.")
      .def_ro("end", &Found::end, "The character behind its last.")
      .def_ro("index", &Found::index, "Of its first token in the model's input.")
      .def_ro("second", &Found::second, "Whether it is in the second text of a pair.")
      .def("to_dict", &to_dict)
      .def("__repr__", [](const Found& one) {
        return "Entity(" + repr_of(one.word) + ", " + repr_of(one.entity_group) + ", " +
               std::to_string(one.score) + ")";
      });
  nb::class_<Tags>(module, "TaggedText", "The entities and the tokens of a text.")
      .def_ro("entities", &Tags::entities)
      .def_ro("tokens", &Tags::tokens, "Without special tokens.")
      .def_ro("labels", &Tags::labels, "Of each token.")
      .def_prop_ro(
          "kept_fraction",
          [](nb::handle self) { return array_view(nb::cast<const Tags&>(self).kept_fraction, self); },
          "[layers] float32: of all tokens, those that went through each layer.")
      .def_ro("truncated", &Tags::truncated, "Whether the text was longer than allowed, and was cut.")
      .def(
          "_repr_html_", [](const Tags& one) { return one.drawn.html(one.words()); },
          "The text, shaded by the layers at which tokens left.");
}

}  // namespace

void bind_token_classifier(nb::module_& module) {
  bind_results(module);
  nb::class_<Held<TokenClassifier>> bound(
      module, "TokenClassifier",
      "Gives every token of a text a label: named entities, parts of speech.\n\n"
      "    tagger = transkimmer.TokenClassifier.load('my-ner-model')\n"
      "    for entity in tagger.tag('Ada lived in London').entities:\n"
      "        print(entity.entity_group, entity.word)");
  bind_head(bound);
  bind_tag<OneInput>(bound);
  bind_tag<ManyInputs>(bound);
}

}  // namespace transkimmer::python
