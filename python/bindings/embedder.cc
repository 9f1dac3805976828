#include "transkimmer/embedder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include <nanobind/stl/map.h>

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"
#include "transkimmer/quantization.h"

namespace transkimmer::python {
namespace {

bool is_word(PyObject* object, const char* word) {
  return PyUnicode_Check(object) != 0 && PyUnicode_CompareWithASCIIString(object, word) == 0;
}
bool is_float_word(PyObject* object) {
  return is_word(object, "float32");
}

// `precision` of encode, in the words of type hints, and what comes of it: an overload for each.
class FloatWord : public nb::object {
  NB_OBJECT(FloatWord, nb::object, "typing.Literal['float32']", is_float_word)
};
class ByteWord : public nb::object {
  NB_OBJECT(ByteWord, nb::object, "typing.Literal['int8', 'uint8', 'binary', 'ubinary']", is_any)
};
class ByteArray : public nb::object {
  NB_OBJECT(ByteArray, nb::object, "numpy.typing.NDArray[numpy.int8] | numpy.typing.NDArray[numpy.uint8]",
            is_any)
};
class Sentences : public nb::object {
  NB_OBJECT(Sentences, nb::object, "str | collections.abc.Sequence[str]", is_any)
};
class FloatRows : public nb::object {
  NB_OBJECT(FloatRows, nb::object, "numpy.typing.NDArray[numpy.float32]", is_any)
};

/// What a text is, where a model has prompts for several.
enum class Role { any, query, document };

using Prompts = std::vector<std::pair<std::string, std::string>>;

const std::string* find_prompt(const Prompts& prompts, std::string_view name) {
  const auto found = std::ranges::find_if(prompts, [&](const auto& prompt) { return prompt.first == name; });
  return found == prompts.end() ? nullptr : &found->second;
}

/// What sentence-transformers puts before a query or a document that is given without a prompt.
std::optional<std::string> prompt_of(const Prompts& prompts, Role role) {
  if (role == Role::any) return std::nullopt;
  if (role == Role::query) {
    const std::string* const prompt = find_prompt(prompts, "query");
    return prompt != nullptr ? *prompt : std::string();
  }
  for (const char* name : {"document", "passage", "corpus"})
    if (const std::string* const prompt = find_prompt(prompts, name)) return *prompt;
  return std::string();
}

struct EncodeArguments {
  Role role = Role::any;
  std::optional<std::string> prompt_name, prompt;
  bool show_progress_bar = false, normalize_embeddings = false;
  std::optional<std::size_t> truncate_dim;
  std::size_t max_length = 0, batch_tokens = 0;
  std::optional<double> skim_threshold;
};

/// The prompt that a call asks for by its words, by its name or by its role. Throws UsageError for a name
/// that is none.
std::optional<std::string> prompt_of(const Prompts& prompts, const EncodeArguments& arguments) {
  if (arguments.prompt) return arguments.prompt;
  if (!arguments.prompt_name) return prompt_of(prompts, arguments.role);
  if (const std::string* const prompt = find_prompt(prompts, *arguments.prompt_name)) return *prompt;
  std::string known;
  for (const auto& [name, words] : prompts) known += (known.empty() ? "'" : ", '") + name + "'";
  throw UsageError("prompt_name: '" + *arguments.prompt_name + "' is none of the model's prompts (" +
                   (known.empty() ? "it has none" : known) + ")");
}

void normalize(std::span<float> vector) {
  double sum = 0;
  for (const float value : vector) sum += double{value} * double{value};
  if (sum == 0) return;
  const auto scale = static_cast<float>(1 / std::sqrt(sum));
  for (float& value : vector) value *= scale;
}

/// Vectors, one after the other.
struct Encoded {
  std::unique_ptr<std::vector<float>> values = std::make_unique<std::vector<float>>();
  std::size_t rows = 0, columns = 0;
  bool single = false;

  std::span<float> row(std::size_t index) { return std::span(*values).subspan(index * columns, columns); }
  /// Of an array with so many values for each vector.
  std::vector<std::size_t> shape(std::size_t values_of_one) const {
    return single ? std::vector{values_of_one} : std::vector{rows, values_of_one};
  }
};

Encoded encode(const Held<Embedder>& held, nb::handle given, const EncodeArguments& arguments) {
  const Texts texts(given);
  const std::vector<std::string_view> views = texts.views();
  CallProgress progress(views.size(), arguments.show_progress_bar);
  const EmbedOptions options{.batch_tokens = arguments.batch_tokens,
                             .max_length = arguments.max_length,
                             .dimensions = arguments.truncate_dim.value_or(0),
                             .prompt = prompt_of(held.head.prompts(), arguments),
                             .progress = [&](const ClassifyProgress& done) { progress.update(done); }};
  Encoded made;
  made.rows = views.size();
  made.columns =
      options.dimensions > 0 ? std::min(options.dimensions, held.head.dimension()) : held.head.dimension();
  made.values->resize(made.rows * made.columns);
  made.single = is_one_input(given.ptr());
  answered(held, arguments.skim_threshold, [&](const Embedder& head) {
    return head.embed(views, options, [&](std::size_t index, const Embedding& one) {
      std::ranges::copy(one.values, made.row(index).begin());
    });
  });
  if (arguments.normalize_embeddings)
    for (std::size_t row = 0; row < made.rows; ++row) normalize(made.row(row));
  return made;
}

/// What `quantize` makes of each vector, as an array.
template <typename Byte, typename Quantize>
nb::object quantized(Encoded&& encoded, Quantize quantize) {
  auto bytes = std::make_unique<std::vector<Byte>>();
  for (std::size_t row = 0; row < encoded.rows; ++row) {
    const std::vector<Byte> made = quantize(encoded.row(row));
    bytes->insert(bytes->end(), made.begin(), made.end());
  }
  const std::size_t columns = encoded.rows == 0 ? 0 : bytes->size() / encoded.rows;
  return nb::cast(array_of(std::move(bytes), encoded.shape(columns)));
}

ValueRanges ranges_of(Encoded& encoded, const std::string& precision) {
  if (encoded.rows == 1)
    throw UsageError("precision: " + precision +
                     ": one vector says nothing of the range of its values; give several texts");
  ValueRanges ranges;
  for (std::size_t row = 0; row < encoded.rows; ++row) ranges.add(encoded.row(row));
  return ranges;
}

nb::object in_precision(Encoded&& encoded, const std::string& precision) {
  if (precision == "binary") return quantized<std::int8_t>(std::move(encoded), to_binary);
  if (precision == "ubinary") return quantized<std::uint8_t>(std::move(encoded), to_ubinary);
  if (precision != "int8" && precision != "uint8")
    throw UsageError("precision: '" + precision + "' is none of float32, int8, uint8, binary, ubinary");
  const ValueRanges ranges = ranges_of(encoded, precision);
  if (precision == "int8")
    return quantized<std::int8_t>(std::move(encoded),
                                  [&](std::span<const float> vector) { return to_int8(vector, ranges); });
  return quantized<std::uint8_t>(std::move(encoded),
                                 [&](std::span<const float> vector) { return to_uint8(vector, ranges); });
}

constexpr const char* kEncodeDoc =
    "[sentences, dimension] float32, or [dimension] for one str.\n\n"
    "prompt_name: one of the model's prompts; prompt: words put before every text. batch_size: taken as\n"
    "sentence-transformers has it, and without effect: passes are cut by batch_tokens, from texts sorted by\n"
    "length, which changes no result. show_progress_bar: with tqdm, where it is installed. precision: int8\n"
    "or uint8, a byte for each value, between the smallest and the largest of these texts; binary or\n"
    "ubinary, a bit for each, eight to a byte. truncate_dim: so many first values (Matryoshka).\n"
    "Raises UsageError for options out of range; Ctrl-C ends a call between forward passes.";

/// encode, encode_query or encode_document in a precision of one kind.
template <typename Word, typename Made, typename Argument>
void bind_encode(nb::class_<Held<Embedder>>& bound, const char* name, Role role, Made made_of,
                 const Argument& precision_argument) {
  bound.def(
      name,
      [role, made_of](const Held<Embedder>& held, const Sentences& sentences,
                      std::optional<std::string> prompt_name, std::optional<std::string> prompt,
                      std::size_t /*batch_size*/, std::optional<bool> show_progress_bar,
                      const Word& precision, bool normalize_embeddings,
                      std::optional<std::size_t> truncate_dim, std::size_t max_length,
                      std::size_t batch_tokens, std::optional<double> skim_threshold) {
        const EncodeArguments arguments{.role = role,
                                        .prompt_name = std::move(prompt_name),
                                        .prompt = std::move(prompt),
                                        .show_progress_bar = show_progress_bar.value_or(false),
                                        .normalize_embeddings = normalize_embeddings,
                                        .truncate_dim = truncate_dim,
                                        .max_length = max_length,
                                        .batch_tokens = batch_tokens,
                                        .skim_threshold = skim_threshold};
        return made_of(encode(held, sentences, arguments), precision);
      },
      nb::arg("sentences"), nb::kw_only(), nb::arg("prompt_name") = nb::none(),
      nb::arg("prompt") = nb::none(), nb::arg("batch_size") = 32, nb::arg("show_progress_bar") = nb::none(),
      precision_argument, nb::arg("normalize_embeddings") = false, nb::arg("truncate_dim") = nb::none(),
      nb::arg("max_length") = 0, nb::arg("batch_tokens") = EmbedOptions{}.batch_tokens,
      nb::arg("skim_threshold") = nb::none(), kEncodeDoc);
}

/// "cosine" unless the directory says otherwise.
std::string similarity_name(const std::string& directory) {
  const nb::object path =
      nb::module_::import_("pathlib").attr("Path")(directory) / nb::str("config_sentence_transformers.json");
  if (!nb::cast<bool>(path.attr("is_file")())) return "cosine";
  const nb::object config = nb::module_::import_("json").attr("loads")(path.attr("read_text")("utf-8"));
  const nb::object name = config.attr("get")("similarity_fn_name");
  return name.is_none() ? "cosine" : nb::cast<std::string>(name);
}

nb::object unit_rows(const nb::object& rows) {
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object lengths =
      numpy.attr("linalg").attr("norm")(rows, nb::arg("axis") = 1, nb::arg("keepdims") = true);
  return rows / numpy.attr("maximum")(lengths, 1e-12);
}

FloatRows similarity(const Held<Embedder>& held, const nb::object& left, const nb::object& right) {
  const nb::module_ numpy = nb::module_::import_("numpy");
  const auto rows_of = [&](const nb::object& vectors) {
    return nb::object(numpy.attr("atleast_2d")(numpy.attr("asarray")(vectors, "float32")));
  };
  const std::string name = similarity_name(held.head.model().directory().string());
  nb::object a = rows_of(left), b = rows_of(right);
  if (name == "cosine") {
    a = unit_rows(a);
    b = unit_rows(b);
  } else if (name != "dot") {
    throw UsageError("similarity: the model wants '" + name + "', expected cosine or dot");
  }
  return nb::borrow<FloatRows>(numpy.attr("matmul")(a, b.attr("T")));
}

void bind_vectors(nb::class_<Held<Embedder>>& bound) {
  constexpr std::array<std::pair<const char*, Role>, 3> kCalls{
      {{"encode", Role::any}, {"encode_query", Role::query}, {"encode_document", Role::document}}};
  for (const auto& [name, role] : kCalls) {
    bind_encode<FloatWord>(
        bound, name, role,
        [](Encoded&& encoded, const FloatWord&) {
          const std::vector<std::size_t> shape = encoded.shape(encoded.columns);
          return array_of(std::move(encoded.values), shape);
        },
        nb::arg("precision") = "float32");
    bind_encode<ByteWord>(
        bound, name, role,
        [](Encoded&& encoded, const ByteWord& precision) {
          return nb::borrow<ByteArray>(in_precision(std::move(encoded), nb::cast<std::string>(precision)));
        },
        nb::arg("precision"));
  }
}

}  // namespace

void bind_embedder(nb::module_& module) {
  nb::class_<Held<Embedder>> bound(
      module, "Embedder",
      "Texts as vectors, with a model of sentence-transformers' layout.\n\n"
      "    embedder = transkimmer.Embedder.load('all-MiniLM-L6-v2')\n"
      "    vectors = embedder.encode(['a charming journey', 'a lovely trip'])\n"
      "    print(embedder.similarity(vectors, vectors))\n\n"
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
  bind_vectors(bound);
  bound.def(
      "similarity", &similarity, nb::arg("embeddings1"), nb::arg("embeddings2"),
      "[rows of the first, rows of the second] float32: the cosine, or the product of vectors of a model\n"
      "that wants that.");
}

}  // namespace transkimmer::python
