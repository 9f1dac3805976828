#include <algorithm>

#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

constexpr const char* kExpected = "expected a str, a tuple of two (a pair), or a sequence of these";

bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

}  // namespace

Texts::Texts(nb::handle given) {
  single_ = nb::isinstance<nb::str>(given) || nb::isinstance<nb::tuple>(given);
  if (single_) {
    add(given);
    return;
  }
  if (!PySequence_Check(given.ptr())) throw nb::type_error(kExpected);
  const std::size_t count = nb::len(given);
  kept_.reserve(count);
  inputs_.reserve(count);
  for (const nb::handle one : given) add(one);
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

nb::dict dict_of(const Token& token) {
  nb::dict made;
  made["token"] = token.token;
  made["start"] = token.start;
  made["end"] = token.end;
  made["second"] = token.second;
  made["skimmed_at"] = token.skimmed_at;
  return made;
}

}  // namespace transkimmer::python
