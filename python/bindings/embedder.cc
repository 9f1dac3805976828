#include "transkimmer/embedder.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <nanobind/stl/map.h>

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

using Array = nb::ndarray<nb::numpy, float>;

/// The prompt that a call asks for by its words or by its name. Throws UsageError for a name that is none.
std::optional<std::string> prompt_of(const Embedder& embedder, const std::optional<std::string>& prompt,
                                     const std::optional<std::string>& name) {
  if (prompt || !name) return prompt;
  std::string known;
  for (const auto& [one, words] : embedder.prompts()) {
    if (one == *name) return words;
    known += (known.empty() ? "'" : ", '") + one + "'";
  }
  throw UsageError("prompt_name: '" + *name + "' is none of the model's prompts (" +
                   (known.empty() ? "it has none" : known) + ")");
}

/// An array that owns `values`: [rows, columns], or [columns] alone.
Array array_of(std::unique_ptr<std::vector<float>> values, std::size_t rows, std::size_t columns,
               bool single) {
  float* const data = values->data();
  const nb::capsule owner(values.release(),
                          [](void* held) noexcept { delete static_cast<std::vector<float>*>(held); });
  if (single) return Array(data, {columns}, owner);
  return Array(data, {rows, columns}, owner);
}

void normalize(std::span<float> vector) {
  double sum = 0;
  for (const float value : vector) sum += double{value} * double{value};
  if (sum == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& value : vector) value *= scale;
}

struct EncodeArguments {
  std::optional<std::string> prompt_name, prompt;
  bool normalize_embeddings = false;
  std::optional<std::size_t> truncate_dim;
  std::size_t max_length = 0, batch_tokens = 0;
  std::optional<double> skim_threshold;
};

Array encode(const Held<Embedder>& held, nb::handle given, const EncodeArguments& arguments) {
  const Texts texts(given);
  std::vector<std::string_view> views;
  for (const TextInput& input : texts.inputs()) {
    if (input.text_pair) throw nb::type_error("expected single texts, not pairs");
    views.push_back(input.text);
  }
  const EmbedOptions options{.batch_tokens = arguments.batch_tokens,
                             .max_length = arguments.max_length,
                             .dimensions = arguments.truncate_dim.value_or(0),
                             .prompt = prompt_of(held.head, arguments.prompt, arguments.prompt_name),
                             .progress = [](const ClassifyProgress&) { check_signals(); }};
  const std::size_t columns = options.dimensions > 0 ? options.dimensions : held.head.dimension();
  auto values = std::make_unique<std::vector<float>>(views.size() * columns);
  answered(held, arguments.skim_threshold, [&](const Embedder& head) {
    return head.embed(views, options, [&](std::size_t index, const Embedding& one) {
      std::copy(one.values.begin(), one.values.end(),
                values->begin() + static_cast<std::ptrdiff_t>(index * columns));
    });
  });
  if (arguments.normalize_embeddings)
    for (std::size_t row = 0; row < views.size(); ++row)
      normalize(std::span(*values).subspan(row * columns, columns));
  return array_of(std::move(values), views.size(), columns, texts.single());
}

}  // namespace

void bind_embedder(nb::module_& module) {
  nb::class_<Held<Embedder>> bound(
      module, "Embedder",
      "Texts as vectors, with a model of sentence-transformers' layout.\n\n"
      "    embedder = transkimmer.Embedder.load('all-MiniLM-L6-v2')\n"
      "    vectors = embedder.encode(['a charming journey', 'a lovely trip'])\n\n"
      "May be used from several threads at once; they compute without the interpreter's lock.");
  bind_head(bound);
  bound.def_prop_ro("dimension", [](const Held<Embedder>& held) { return held.head.dimension(); });
  bound.def(
      "get_sentence_embedding_dimension", [](const Held<Embedder>& held) { return held.head.dimension(); },
      "The same, in sentence-transformers' words.");
  bound.def_prop_ro(
      "prompts",
      [](const Held<Embedder>& held) {
        return std::map<std::string, std::string>(held.head.prompts().begin(), held.head.prompts().end());
      },
      "What the model wants before texts, by name.");
  bound.def(
      "encode",
      [](const Held<Embedder>& held, nb::handle sentences, std::optional<std::string> prompt_name,
         std::optional<std::string> prompt, bool normalize_embeddings,
         std::optional<std::size_t> truncate_dim, std::size_t max_length, std::size_t batch_tokens,
         std::optional<double> skim_threshold) {
        return encode(held, sentences,
                      {.prompt_name = std::move(prompt_name),
                       .prompt = std::move(prompt),
                       .normalize_embeddings = normalize_embeddings,
                       .truncate_dim = truncate_dim,
                       .max_length = max_length,
                       .batch_tokens = batch_tokens,
                       .skim_threshold = skim_threshold});
      },
      nb::arg("sentences"), nb::kw_only(), nb::arg("prompt_name") = nb::none(),
      nb::arg("prompt") = nb::none(), nb::arg("normalize_embeddings") = false,
      nb::arg("truncate_dim") = nb::none(), nb::arg("max_length") = 0,
      nb::arg("batch_tokens") = EmbedOptions{}.batch_tokens, nb::arg("skim_threshold") = nb::none(),
      "[sentences, dimension] float32, or [dimension] for one str.\n\n"
      "prompt_name: one of the model's prompts; prompt: words put before every text. truncate_dim: so\n"
      "many first values (Matryoshka). Raises UsageError for options out of range; Ctrl-C ends a call\n"
      "between forward passes.");
}

}  // namespace transkimmer::python
