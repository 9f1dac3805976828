#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include "transkimmer/classifier.h"
#include "transkimmer/model.h"

namespace transkimmer::python {

namespace nb = nanobind;

// Each adds the classes of one head to the module.
void bind_model(nb::module_& module);
void bind_classifier(nb::module_& module);
void bind_embedder(nb::module_& module);
void bind_mask_filler(nb::module_& module);
void bind_question_answerer(nb::module_& module);
void bind_reranker(nb::module_& module);
void bind_sparse_embedder(nb::module_& module);
void bind_token_classifier(nb::module_& module);

/// Creates transkimmer.Error and its kinds, and turns the library's exceptions into them.
void bind_errors(nb::module_& module);

/// Where a model came from: what `load` was told, which is all that a pickled one carries.
struct LoadArguments {
  std::string directory;
  int threads = 0;
  std::string precision = "f32";
  bool skimming = true;
  std::optional<double> skim_threshold = std::nullopt;
  bool split_special_tokens = false;
};

struct LoadedModel {
  Model model;
  LoadArguments arguments;
};

/// Loads without the interpreter's lock; remarks become warnings of category UserWarning. Throws what
/// Model::load throws, and UsageError for a precision that is none.
LoadedModel load_model(const LoadArguments& arguments);

/// `arguments` as a tuple to pickle, and back.
nb::tuple pickled(const LoadArguments& arguments);
LoadArguments unpickled(const nb::tuple& state);

/// Whether it is a `str` or a tuple, which stand for one input; and any object, which `Texts` looks at.
bool is_one_input(PyObject* object);
bool is_any(PyObject* object);

// What a call is given, in the words of type hints: an overload for one input, whose result is returned
// alone, and one for many.
class OneInput : public nb::object {
  NB_OBJECT(OneInput, nb::object, "str | tuple[str, str]", is_one_input)
};
class ManyInputs : public nb::object {
  NB_OBJECT(ManyInputs, nb::object, "collections.abc.Sequence[str | tuple[str, str]]", is_any)
};
class OneText : public nb::object {
  NB_OBJECT(OneText, nb::object, "str", PyUnicode_Check)
};
class ManyTexts : public nb::object {
  NB_OBJECT(ManyTexts, nb::object, "collections.abc.Sequence[str]", is_any)
};

/// What a call with a `Given` returns.
template <typename Given, typename Result>
using ResultsOf = std::conditional_t<std::is_same_v<Given, OneInput> || std::is_same_v<Given, OneText>,
                                     Result, std::vector<Result>>;
template <typename Given, typename Result>
ResultsOf<Given, Result> results_of(std::vector<Result>&& results) {
  if constexpr (std::is_same_v<ResultsOf<Given, Result>, Result>) {
    return std::move(results.front());
  } else {
    return std::move(results);
  }
}

/// The texts of one call: a `str`, a pair as a tuple of two, or a sequence of either. Keeps the strings
/// alive, so that they can be read without the interpreter's lock.
class Texts {
 public:
  /// Throws nb::type_error for anything else, and UsageError naming the text that UTF-8 cannot spell (one
  /// with a lone surrogate).
  explicit Texts(nb::handle given);
  /// One pair or a sequence of them, where a list of two is a pair, too. Throws as the constructor.
  static Texts of_pairs(nb::handle given);

  std::span<const TextInput> inputs() const { return inputs_; }
  const TextInput& operator[](std::size_t index) const { return inputs_[index]; }
  std::size_t size() const { return inputs_.size(); }
  /// What an input was given as.
  const nb::object& given(std::size_t index) const { return kept_[index]; }
  /// Single texts alone. Throws nb::type_error for a pair.
  std::vector<std::string_view> views() const;

 private:
  Texts() = default;
  void add(nb::handle given);
  void add_pair(nb::handle given);
  std::string_view view_of(nb::handle text) const;

  std::vector<nb::object> kept_;
  std::vector<TextInput> inputs_;
};

/// Any bytes as a `str`, U+FFFD for what is no UTF-8: a vocabulary may hold such.
nb::str text_of(std::string_view bytes);
/// As Python's repr has it.
std::string repr_of(std::string_view text);

/// What a notebook shows of a result: its text with the tokens shaded. Without tokens there is nothing to
/// show.
struct Drawn {
  nb::object given;
  std::vector<TokenTrace> tokens = {};
  int layers = 0;

  /// As `_repr_html_` returns it: None without tokens.
  nb::object html(const std::string& title) const;
};

/// What a call does between forward passes: sees Ctrl-C, and moves a bar of tqdm where one is wanted.
class CallProgress {
 public:
  CallProgress(std::size_t total, bool bar);
  CallProgress(const CallProgress&) = delete;
  CallProgress& operator=(const CallProgress&) = delete;
  ~CallProgress();

  /// Without the interpreter's lock. Throws nb::python_error.
  void update(const ClassifyProgress& progress);

 private:
  nb::object bar_;
  std::size_t shown_ = 0;
};

/// Lets Ctrl-C end a long call, without the interpreter's lock. Throws nb::python_error.
void check_signals();

/// Characters of `text` before `byte`, which is the first byte of one: how Python counts.
std::uint32_t characters_before(std::string_view text, std::uint32_t byte);

/// A view of `values`, which `owner` holds, as a NumPy array without a copy.
template <typename T>
nb::ndarray<nb::numpy, const T, nb::ndim<1>> array_view(const std::vector<T>& values, nb::handle owner) {
  return nb::ndarray<nb::numpy, const T, nb::ndim<1>>(values.data(), {values.size()}, owner);
}

/// An array that owns `values`, of the lengths in `shape`.
template <typename T>
nb::ndarray<nb::numpy, T> array_of(std::unique_ptr<std::vector<T>> values,
                                   const std::vector<std::size_t>& shape) {
  T* const data = values->data();
  const nb::capsule owner(values.release(),
                          [](void* held) noexcept { delete static_cast<std::vector<T>*>(held); });
  return nb::ndarray<nb::numpy, T>(data, shape.size(), shape.data(), owner);
}

/// What became of one token, in characters.
struct Token {
  std::string token;
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  bool second = false;
  int skimmed_at = 0;
};

Token token_of(const TokenTrace& trace, const TextInput& input);
nb::dict dict_of(const Token& token);

}  // namespace transkimmer::python
