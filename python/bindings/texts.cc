#include <algorithm>

#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

constexpr const char* kExpected = "expected a str, a tuple of two (a pair), or a sequence of these";
constexpr const char* kExpectedPairs = "expected a pair of str, or a sequence of pairs";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

bool is_one_input(PyObject* object) {
  return PyUnicode_Check(object) != 0 || PyTuple_Check(object) != 0;
}

bool is_any(PyObject* /*object*/) {
  return true;
}

Texts::Texts(nb::handle given) {
  if (is_one_input(given.ptr())) {
    add(given);
    return;
  }
  if (!PySequence_Check(given.ptr())) throw nb::type_error(kExpected);
  const std::size_t count = nb::len(given);
  kept_.reserve(count);
  inputs_.reserve(count);
  for (const nb::handle one : given) add(one);
}

Texts Texts::of_pairs(nb::handle given) {
  Texts texts;
  if (!PySequence_Check(given.ptr()) || nb::isinstance<nb::str>(given)) throw nb::type_error(kExpectedPairs);
  if (nb::len(given) > 0 && nb::isinstance<nb::str>(given[0])) {
    texts.add_pair(given);
  } else {
    for (const nb::handle one : given) texts.add_pair(one);
  }
  return texts;
}

void Texts::add(nb::handle given) {
  if (nb::isinstance<nb::str>(given)) {
    inputs_.push_back({.text = view_of(given)});
  } else if (nb::isinstance<nb::tuple>(given) && nb::len(given) == 2) {
    const nb::tuple pair = nb::borrow<nb::tuple>(given);
    inputs_.push_back({.text = view_of(pair[0]), .text_pair = view_of(pair[1])});
  } else {
    throw nb::type_error(kExpected);
  }
  kept_.push_back(nb::borrow(given));
}

void Texts::add_pair(nb::handle given) {
  if (!PySequence_Check(given.ptr()) || nb::isinstance<nb::str>(given) || nb::len(given) != 2)
    throw nb::type_error(kExpectedPairs);
  add(nb::make_tuple(given[0], given[1]));
}

std::vector<std::string_view> Texts::views() const {
  std::vector<std::string_view> views;
  for (const TextInput& input : inputs_) {
    if (input.text_pair) throw nb::type_error("expected single texts, not pairs");
    views.push_back(input.text);
  }
  return views;
}

std::string_view Texts::view_of(nb::handle text) const {
  if (!nb::isinstance<nb::str>(text)) throw nb::type_error(kExpected);
  Py_ssize_t size = 0;
  const char* const bytes = PyUnicode_AsUTF8AndSize(text.ptr(), &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    throw UsageError("text " + std::to_string(inputs_.size()) +
                     " cannot be spelt in UTF-8 (it holds a lone surrogate)");
  }
  return {bytes, static_cast<std::size_t>(size)};
}

std::uint32_t characters_before(std::string_view text, std::uint32_t byte) {
  return static_cast<std::uint32_t>(
      byte - std::count_if(text.begin(), text.begin() + byte, [](char c) { return is_continuation(c); }));
}

Token token_of(const TokenTrace& trace, const TextInput& input) {
  const std::string_view text = trace.second ? *input.text_pair : input.text;
  return {.token = trace.token,
          .start = characters_before(text, trace.begin),
          .end = characters_before(text, trace.end),
          .second = trace.second,
          .skimmed_at = trace.skimmed_at};
}

nb::str text_of(std::string_view bytes) {
  PyObject* const text = PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "replace");
  if (text == nullptr) throw nb::python_error();
  return nb::steal<nb::str>(text);
}

std::string repr_of(std::string_view text) {
  return nb::cast<std::string>(nb::repr(text_of(text)));
}

nb::dict dict_of(const Token& token) {
  nb::dict made;
  made["token"] = text_of(token.token);
  made["start"] = token.start;
  made["end"] = token.end;
  made["second"] = token.second;
  made["skimmed_at"] = token.skimmed_at;
  return made;
}

}  // namespace transkimmer::python
