#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
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
void bind_question_answerer(nb::module_& module);
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

/// The texts of one call: a `str`, a pair as a tuple of two, or a sequence of either. Keeps the strings
/// alive, so that they can be read without the interpreter's lock.
class Texts {
 public:
  /// Throws nb::type_error for anything else, and UsageError naming the text that UTF-8 cannot spell (one
  /// with a lone surrogate).
  explicit Texts(nb::handle given);

  std::span<const TextInput> inputs() const { return inputs_; }
  const TextInput& operator[](std::size_t index) const { return inputs_[index]; }
  std::size_t size() const { return inputs_.size(); }
  /// Whether one text or one pair was given, and one result is wanted.
  bool single() const { return single_; }

 private:
  void add(nb::handle given);
  std::string_view view_of(nb::handle text) const;

  std::vector<nb::object> kept_;
  std::vector<TextInput> inputs_;
  bool single_ = false;
};

/// The result of a single text alone, else all of them as a list.
template <typename Result>
nb::object results_of(const Texts& texts, std::vector<Result>&& results) {
  if (texts.single()) return nb::cast(std::move(results.front()));
  return nb::cast(std::move(results));
}

/// Called between forward passes, so that Ctrl-C ends a long call. Throws nb::python_error.
void check_signals();

/// Characters of `text` before `byte`, which is the first byte of one: how Python counts.
std::uint32_t characters_before(std::string_view text, std::uint32_t byte);

/// A view of `values`, which `owner` holds, as a NumPy array without a copy.
template <typename T>
nb::ndarray<nb::numpy, const T, nb::ndim<1>> array_view(const std::vector<T>& values, nb::handle owner) {
  return nb::ndarray<nb::numpy, const T, nb::ndim<1>>(values.data(), {values.size()}, owner);
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
