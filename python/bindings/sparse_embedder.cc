#include "transkimmer/sparse_embedder.h"

#include <algorithm>

#include "loading.h"
#include "module.h"

namespace transkimmer::python {
namespace {

/// A SparseEmbedding, its values in columns.
struct Sparse {
  std::vector<std::int32_t> indices;
  std::vector<float> values;
  std::vector<std::string> tokens;
};

Sparse sparse_of(SparseEmbedding&& embedding) {
  Sparse made;
  for (SparseValue& value : embedding.values) {
    made.indices.push_back(value.index);
    made.values.push_back(value.value);
    made.tokens.push_back(std::move(value.token));
  }
  return made;
}

using Weights = nb::typed<nb::list, nb::typed<nb::tuple, nb::str, float>>;

Weights decoded(const Sparse& one, std::optional<std::size_t> top_k) {
  Weights made;
  const std::size_t count = std::min(one.values.size(), top_k.value_or(one.values.size()));
  for (std::size_t i = 0; i < count; ++i) made.append(nb::make_tuple(text_of(one.tokens[i]), one.values[i]));
  return made;
}

template <typename Given>
ResultsOf<Given, Sparse> encode(const Held<SparseEmbedder>& held, const Given& given,
                                std::size_t /*batch_size*/, std::optional<bool> show_progress_bar,
                                std::optional<std::size_t> max_active_dims, std::size_t max_length,
                                std::size_t batch_tokens, std::optional<double> skim_threshold) {
  const Texts texts(given);
  const std::vector<std::string_view> views = texts.views();
  CallProgress progress(views.size(), show_progress_bar.value_or(false));
  const SparseEmbedOptions options{.max_active_dims = max_active_dims.value_or(0),
                                   .batch_tokens = batch_tokens,
                                   .max_length = max_length,
                                   .progress = [&](const ClassifyProgress& done) { progress.update(done); }};
  std::vector<SparseEmbedding> found =
      answered(held, skim_threshold, [&](const SparseEmbedder& head) { return head.embed(views, options); });
  std::vector<Sparse> results;
  for (SparseEmbedding& one : found) results.push_back(sparse_of(std::move(one)));
  return results_of<Given>(std::move(results));
}

template <typename Given>
void bind_encode(nb::class_<Held<SparseEmbedder>>& bound) {
  bound.def("encode", &encode<Given>, nb::arg("sentences"), nb::kw_only(), nb::arg("batch_size") = 32,
            nb::arg("show_progress_bar") = nb::none(), nb::arg("max_active_dims") = nb::none(),
            nb::arg("max_length") = 0, nb::arg("batch_tokens") = SparseEmbedOptions{}.batch_tokens,
            nb::arg("skim_threshold") = nb::none(),
            "One SparseVector for one str, a list of them for a sequence, in order.\n\n"
            "max_active_dims: only so many largest values. batch_size and show_progress_bar as in\n"
            "Embedder.encode. Raises UsageError for options out of range; Ctrl-C ends a call between\n"
            "forward passes.");
}

}  // namespace

void bind_sparse_embedder(nb::module_& module) {
  nb::class_<Sparse>(module, "SparseVector", "A text as weights of tokens, the largest first.")
      .def_prop_ro(
          "indices", [](nb::handle self) { return array_view(nb::cast<const Sparse&>(self).indices, self); },
          "[values] int32, ids of tokens, a view without a copy.")
      .def_prop_ro(
          "values", [](nb::handle self) { return array_view(nb::cast<const Sparse&>(self).values, self); },
          "[values] float32, above 0, a view without a copy.")
      .def("decode", &decoded, nb::arg("top_k") = nb::none(),
           "Tokens with their values, as sentence-transformers' SparseEncoder.decode.")
      .def("__len__", [](const Sparse& one) { return one.values.size(); })
      .def("__repr__", [](const Sparse& one) {
        return "SparseVector(" + std::to_string(one.values.size()) + " values)";
      });
  nb::class_<Held<SparseEmbedder>> bound(
      module, "SparseEmbedder",
      "Texts as sparse vectors over the vocabulary (SPLADE), with a masked language model.\n\n"
      "    vector = transkimmer.SparseEmbedder.load('splade-v3').encode('a charming journey')\n"
      "    print(vector.decode(top_k=5))");
  bind_head(bound);
  bind_encode<OneText>(bound);
  bind_encode<ManyTexts>(bound);
}

}  // namespace transkimmer::python
