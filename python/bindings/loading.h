#pragma once

// How every class that is made of a model is loaded, pickled and asked about itself: said once for all of
// them.

#include <new>
#include <optional>
#include <string>
#include <utility>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "module.h"

namespace transkimmer::python {

/// The words of `os.fspath`: a str or anything with __fspath__.
inline std::string path_text(nb::handle path) {
  const nb::object text = nb::steal(PyOS_FSPath(path.ptr()));
  if (!text.is_valid()) throw nb::python_error();
  return nb::cast<std::string>(text);
}

/// `load`, and pickling, which sends the arguments of `load` alone. `make` turns a loaded model into a
/// `Held`.
template <typename Held, typename Make>
void bind_loading(nb::class_<Held>& bound, Make make) {
  bound.def_static(
      "load",
      [make](nb::handle model, int threads, const std::string& precision,
             std::optional<double> skim_threshold, bool skimming, bool split_special_tokens) {
        return make(load_model({.directory = path_text(model),
                                .threads = threads,
                                .precision = precision,
                                .skimming = skimming,
                                .skim_threshold = skim_threshold,
                                .split_special_tokens = split_special_tokens}));
      },
      nb::arg("model"), nb::kw_only(), nb::arg("threads") = 0, nb::arg("precision") = "f32",
      nb::arg("skim_threshold") = nb::none(), nb::arg("skimming") = true,
      nb::arg("split_special_tokens") = false,
      "Of a directory in Hugging Face's layout.\n\n"
      "threads: 0 takes all processors that the process may use. precision: f32, bf16, int8 or auto.\n"
      "skim_threshold: larger skims more; None is the model's own. skimming: False runs the layers dense.\n"
      "split_special_tokens: True reads '[SEP]' in a text as plain text.\n"
      "Raises IoError, FormatError, UsageError; warns of what the model's files lack.");
  bound.def("__getstate__", [](const Held& held) { return pickled(held.arguments); });
  bound.def("__setstate__", [make](Held& held, const nb::tuple& state) {
    new (&held) Held(make(load_model(unpickled(state))));
  });
}

/// What a model says of itself. `model_of` finds it in a `Held`.
template <typename Held, typename ModelOf>
void bind_properties(nb::class_<Held>& bound, ModelOf model_of) {
  bound.def_prop_ro(
      "labels", [model_of](const Held& held) { return model_of(held).labels(); },
      "Names in index order; one for regression, none where nothing is classified.");
  bound.def_prop_ro("layers", [model_of](const Held& held) { return model_of(held).layers(); });
  bound.def_prop_ro("threads", [model_of](const Held& held) { return model_of(held).threads(); });
  bound.def_prop_ro(
      "precision", [model_of](const Held& held) { return std::string(name_of(model_of(held).precision())); },
      "What the products really run in.");
  bound.def_prop_ro(
      "skimming", [model_of](const Held& held) { return model_of(held).skimming(); },
      "Whether tokens are skimmed.");
  bound.def("__repr__", [model_of, name = nb::cast<std::string>(bound.attr("__name__"))](const Held& held) {
    return name + ".load('" + held.arguments.directory + "')";
  });
}

/// A class of the library that answers with a model of one kind.
template <typename Head>
struct Held {
  Head head;
  LoadArguments arguments;
};

/// A `Held<Head>` of a Model or of a directory.
template <typename Head>
void bind_head(nb::class_<Held<Head>>& bound) {
  bound.def(
      "__init__",
      [](Held<Head>* made, const LoadedModel& loaded) {
        new (made) Held<Head>{Head(loaded.model), loaded.arguments};
      },
      nb::arg("model"), "Of a Model that is loaded already. Raises UsageError for one of another kind.");
  bind_loading(bound, [](LoadedModel&& loaded) {
    return Held<Head>{Head(std::move(loaded.model)), std::move(loaded.arguments)};
  });
  bind_properties(bound, [](const Held<Head>& held) -> const Model& { return held.head.model(); });
}

/// Calls `answer` with the head, at another threshold where one is given, without the interpreter's lock.
template <typename Head, typename Answer>
auto answered(const Held<Head>& held, const std::optional<double>& skim_threshold, Answer answer) {
  const nb::gil_scoped_release unlocked;
  if (!skim_threshold) return answer(held.head);
  return answer(Head(held.head.model().at_threshold(*skim_threshold)));
}

}  // namespace transkimmer::python
