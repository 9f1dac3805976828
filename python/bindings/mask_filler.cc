#include "transkimmer/mask_filler.h"

#include "loading.h"
#include "module.h"

namespace transkimmer::python {
namespace {

using Masks = std::vector<std::vector<FilledToken>>;

nb::dict to_dict(const FilledToken& one) {
  nb::dict made;
  made["score"] = one.score;
  made["token"] = one.token;
  made["token_str"] = text_of(one.token_str);
  made["sequence"] = text_of(one.sequence);
  return made;
}

template <typename Given>
ResultsOf<Given, Masks> fill(const Held<MaskFiller>& held, const Given& given, std::size_t top_k,
                             std::size_t max_length, std::size_t batch_tokens,
                             std::optional<double> skim_threshold) {
  const Texts texts(given);
  const std::vector<std::string_view> views = texts.views();
  const FillOptions options{.top_k = top_k,
                            .batch_tokens = batch_tokens,
                            .max_length = max_length,
                            .progress = [](const ClassifyProgress&) { check_signals(); }};
  std::vector<FilledText> found =
      answered(held, skim_threshold, [&](const MaskFiller& head) { return head.fill(views, options); });
  std::vector<Masks> results;
  for (FilledText& one : found) results.push_back(std::move(one.masks));
  return results_of<Given>(std::move(results));
}

template <typename Given>
void bind_fill(nb::class_<Held<MaskFiller>>& bound) {
  bound.def("fill", &fill<Given>, nb::arg("texts"), nb::kw_only(), nb::arg("top_k") = FillOptions{}.top_k,
            nb::arg("max_length") = 0, nb::arg("batch_tokens") = FillOptions{}.batch_tokens,
            nb::arg("skim_threshold") = nb::none(),
            "Of one text a list for each of its masks, with the likeliest tokens in it, best first; of a\n"
            "sequence a list of those.\n\n"
            "top_k: tokens for each mask. Raises UsageError for a text without a mask; Ctrl-C ends a call\n"
            "between forward passes.");
}

}  // namespace

void bind_mask_filler(nb::module_& module) {
  nb::class_<FilledToken>(module, "FilledToken", "A token for the place of a mask.")
      .def_ro("score", &FilledToken::score, "Its softmax probability among all of the vocabulary.")
      .def_ro("token", &FilledToken::token, "Its id.")
      .def_prop_ro(
          "token_str", [](const FilledToken& one) { return text_of(one.token_str); }, "Its text.")
      .def_prop_ro(
          "sequence", [](const FilledToken& one) { return text_of(one.sequence); },
          "The text with it in place of the mask.")
      .def("to_dict", &to_dict)
      .def("__repr__", [](const FilledToken& one) {
        return "FilledToken(" + repr_of(one.token_str) + ", " + std::to_string(one.score) + ")";
      });
  nb::class_<Held<MaskFiller>> bound(module, "MaskFiller",
                                     "Says which words may stand where a text has a mask.\n\n"
                                     "    filler = transkimmer.MaskFiller.load('bert-base-uncased')\n"
                                     "    for token in filler.fill('the film was [MASK].')[0]:\n"
                                     "        print(token.token_str, token.score)");
  bind_head(bound);
  bound.def_prop_ro(
      "mask_token", [](const Held<MaskFiller>& held) { return text_of(held.head.mask_token()); },
      "What stands for a mask in a text.");
  bind_fill<OneText>(bound);
  bind_fill<ManyTexts>(bound);
}

}  // namespace transkimmer::python
