#include <array>
#include <filesystem>

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "loading.h"
#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

Precision precision_of(const std::string& name) {
  for (const Precision precision : {Precision::f32, Precision::bf16, Precision::int8, Precision::automatic})
    if (name == name_of(precision)) return precision;
  throw UsageError("precision: '" + name + "' is none of f32, bf16, int8, auto");
}

void warn(const std::string& remark) {
  if (PyErr_WarnEx(PyExc_UserWarning, remark.c_str(), 1) != 0) throw nb::python_error();
}

}  // namespace

LoadedModel load_model(const LoadArguments& arguments) {
  const EngineOptions options{.threads = arguments.threads,
                              .skimming = arguments.skimming,
                              .skim_threshold = arguments.skim_threshold,
                              .precision = precision_of(arguments.precision),
                              .split_special_tokens = arguments.split_special_tokens};
  std::vector<std::string> remarks;
  Model model = [&] {
    const nb::gil_scoped_release unlocked;
    return Model::load(arguments.directory, options,
                       [&](const std::string& remark) { remarks.push_back(remark); });
  }();
  for (const std::string& remark : remarks) warn(remark);
  LoadArguments absolute = arguments;
  // Whoever unpickles it may be in another folder. A name of the Hub stays one.
  if (std::filesystem::is_directory(arguments.directory))
    absolute.directory = std::filesystem::absolute(arguments.directory).string();
  return {.model = std::move(model), .arguments = std::move(absolute)};
}

nb::tuple pickled(const LoadArguments& arguments) {
  return nb::make_tuple(arguments.directory, arguments.threads, arguments.precision, arguments.skimming,
                        arguments.skim_threshold, arguments.split_special_tokens);
}

LoadArguments unpickled(const nb::tuple& state) {
  if (state.size() != 6) throw UsageError("a pickled model of another version");
  return {.directory = nb::cast<std::string>(state[0]),
          .threads = nb::cast<int>(state[1]),
          .precision = nb::cast<std::string>(state[2]),
          .skimming = nb::cast<bool>(state[3]),
          .skim_threshold = nb::cast<std::optional<double>>(state[4]),
          .split_special_tokens = nb::cast<bool>(state[5])};
}

void bind_model(nb::module_& module) {
  nb::class_<Token>(module, "Token", "A token of an input and what became of it.")
      .def_prop_ro(
          "token", [](const Token& token) { return text_of(token.token); }, "As the vocabulary spells it.")
      .def_ro("start", &Token::start, "First character in the text; 0 for special tokens.")
      .def_ro("end", &Token::end, "The character behind its last.")
      .def_ro("second", &Token::second, "Whether it belongs to the second text of a pair.")
      .def_ro("skimmed_at", &Token::skimmed_at,
              "The layer whose predictor skimmed it; the number of layers when it went through all.")
      .def("to_dict", &dict_of)
      .def("__repr__", [](const Token& token) {
        return "Token(" + repr_of(token.token) + ", skimmed_at=" + std::to_string(token.skimmed_at) + ")";
      });
  nb::class_<LoadedModel> model(
      module, "Model",
      "A model and its tokenizer, of a Hugging Face directory. Classifier, Embedder and the like are made of "
      "it\n"
      "and share its weights and threads. May be used from several threads at once.");
  bind_loading(model, [](LoadedModel&& loaded) { return std::move(loaded); });
  bind_properties(model, [](const LoadedModel& loaded) -> const Model& { return loaded.model; });
  model.def_prop_ro(
      "task", [](const LoadedModel& loaded) { return std::string(loaded.model.task()); },
      "What it answers, as Hugging Face's pipelines name it.");
  model.def_prop_ro(
      "directory", [](const LoadedModel& loaded) { return loaded.model.directory().string(); },
      "Where its files are, of a name of the Hub in the cache.");
}

}  // namespace transkimmer::python

NB_MODULE(_core, module) {
  module.doc() = "The compiled part of transkimmer.";
  transkimmer::python::bind_errors(module);
  transkimmer::python::bind_model(module);
  transkimmer::python::bind_classifier(module);
  transkimmer::python::bind_embedder(module);
  transkimmer::python::bind_mask_filler(module);
  transkimmer::python::bind_question_answerer(module);
  transkimmer::python::bind_reranker(module);
  transkimmer::python::bind_sparse_embedder(module);
  transkimmer::python::bind_token_classifier(module);
}
