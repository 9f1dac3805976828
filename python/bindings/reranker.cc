#include "transkimmer/reranker.h"

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

/// A pair of str, as a tuple or a list.
bool is_pair(PyObject* object) {
  return (PyTuple_Check(object) != 0 || PyList_Check(object) != 0) && PySequence_Size(object) == 2 &&
         PyUnicode_Check(nb::handle(object)[0].ptr()) != 0;
}

class OnePair : public nb::object {
  NB_OBJECT(OnePair, nb::object, "tuple[str, str]", is_pair)
};
class ManyPairs : public nb::object {
  NB_OBJECT(ManyPairs, nb::object, "collections.abc.Sequence[tuple[str, str] | list[str]]", is_any)
};

struct PredictArguments {
  bool show_progress_bar = false;
  std::size_t max_length = 0, batch_tokens = 0;
  std::optional<double> skim_threshold;
};

ClassifyOptions options_of(const PredictArguments& arguments, CallProgress& progress) {
  return {.batch_tokens = arguments.batch_tokens,
          .max_length = arguments.max_length,
          .progress = [&](const ClassifyProgress& done) { progress.update(done); }};
}

std::vector<float> scores_of(const Held<Reranker>& held, const Texts& pairs,
                             const PredictArguments& arguments) {
  CallProgress progress(pairs.size(), arguments.show_progress_bar);
  const ClassifyOptions options = options_of(arguments, progress);
  return answered(held, arguments.skim_threshold,
                  [&](const Reranker& head) { return head.score(pairs.inputs(), options); });
}

using Ranking = nb::typed<nb::list, nb::typed<nb::dict, nb::str, nb::any>>;

struct RankArguments {
  std::optional<std::size_t> top_k;
  bool return_documents = false;
  PredictArguments predict;
};

Ranking rank(const Held<Reranker>& held, const OneText& query, const ManyTexts& documents,
             const RankArguments& arguments) {
  if (arguments.top_k == std::size_t{0}) throw UsageError("top_k: 0, expected 1 or more, or None for all");
  const Texts asked(query), texts(documents);
  const std::vector<std::string_view> views = texts.views();
  CallProgress progress(views.size(), arguments.predict.show_progress_bar);
  const ClassifyOptions options = options_of(arguments.predict, progress);
  const std::vector<RankedDocument> ranked =
      answered(held, arguments.predict.skim_threshold, [&](const Reranker& head) {
        return head.rank(asked[0].text, views, arguments.top_k.value_or(0), options);
      });
  Ranking made;
  for (const RankedDocument& document : ranked) {
    nb::dict one;
    one["corpus_id"] = document.corpus_id;
    one["score"] = document.score;
    if (arguments.return_documents) one["text"] = texts.given(document.corpus_id);
    made.append(one);
  }
  return made;
}

void bind_predict(nb::class_<Held<Reranker>>& bound) {
  constexpr const char* kDoc =
      "[pairs] float32, how well each text answers its query; a number for one pair.\n\n"
      "sentences: pairs of query and text, as tuples or lists of two. batch_size: taken as\n"
      "sentence-transformers' CrossEncoder has it, and without effect: passes are cut by batch_tokens, from\n"
      "pairs sorted by length. show_progress_bar: with tqdm, where it is installed. Raises UsageError for\n"
      "options out of range; Ctrl-C ends a call between forward passes.";
  bound.def(
      "predict",
      [](const Held<Reranker>& held, const OnePair& pair, std::size_t /*batch_size*/,
         std::optional<bool> show_progress_bar, std::size_t max_length, std::size_t batch_tokens,
         std::optional<double> skim_threshold) {
        return scores_of(held, Texts::of_pairs(pair),
                         {show_progress_bar.value_or(false), max_length, batch_tokens, skim_threshold})
            .front();
      },
      nb::arg("sentences"), nb::arg("batch_size") = 32, nb::arg("show_progress_bar") = nb::none(),
      nb::kw_only(), nb::arg("max_length") = 0, nb::arg("batch_tokens") = ClassifyOptions{}.batch_tokens,
      nb::arg("skim_threshold") = nb::none(), kDoc);
  bound.def(
      "predict",
      [](const Held<Reranker>& held, const ManyPairs& pairs, std::size_t /*batch_size*/,
         std::optional<bool> show_progress_bar, std::size_t max_length, std::size_t batch_tokens,
         std::optional<double> skim_threshold) {
        auto scores = std::make_unique<std::vector<float>>(
            scores_of(held, Texts::of_pairs(pairs),
                      {show_progress_bar.value_or(false), max_length, batch_tokens, skim_threshold}));
        const std::size_t count = scores->size();
        return array_of(std::move(scores), {count});
      },
      nb::arg("sentences"), nb::arg("batch_size") = 32, nb::arg("show_progress_bar") = nb::none(),
      nb::kw_only(), nb::arg("max_length") = 0, nb::arg("batch_tokens") = ClassifyOptions{}.batch_tokens,
      nb::arg("skim_threshold") = nb::none(), kDoc);
}

void bind_rank(nb::class_<Held<Reranker>>& bound) {
  bound.def(
      "rank",
      [](const Held<Reranker>& held, const OneText& query, const ManyTexts& documents,
         std::optional<std::size_t> top_k, bool return_documents, std::size_t /*batch_size*/,
         std::optional<bool> show_progress_bar, std::size_t max_length, std::size_t batch_tokens,
         std::optional<double> skim_threshold) {
        return rank(held, query, documents,
                    {top_k,
                     return_documents,
                     {show_progress_bar.value_or(false), max_length, batch_tokens, skim_threshold}});
      },
      nb::arg("query"), nb::arg("documents"), nb::arg("top_k") = nb::none(),
      nb::arg("return_documents") = false, nb::kw_only(), nb::arg("batch_size") = 32,
      nb::arg("show_progress_bar") = nb::none(), nb::arg("max_length") = 0,
      nb::arg("batch_tokens") = ClassifyOptions{}.batch_tokens, nb::arg("skim_threshold") = nb::none(),
      "The documents by descending score, as dicts of corpus_id, score and, with return_documents, text.\n\n"
      "top_k: only so many of them. The others as in predict.");
}

}  // namespace

void bind_reranker(nb::module_& module) {
  nb::class_<Held<Reranker>> bound(
      module, "Reranker",
      "Says how well texts answer a query, as sentence-transformers' CrossEncoder.\n\n"
      "    reranker = transkimmer.Reranker.load('my-reranker')\n"
      "    for found in reranker.rank('who built it?', documents, top_k=3):\n"
      "        print(found['score'], documents[found['corpus_id']])\n\n"
      "May be used from several threads at once; they compute without the interpreter's lock.");
  bind_head(bound);
  bind_predict(bound);
  bind_rank(bound);
}

}  // namespace transkimmer::python
