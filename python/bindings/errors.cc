#include <exception>
#include <string>

#include "module.h"
#include "transkimmer/error.h"

namespace transkimmer::python {
namespace {

// Owned by the module, which lives as long as the interpreter.
PyObject* error_class = nullptr;
PyObject* io_error_class = nullptr;
PyObject* format_error_class = nullptr;
PyObject* usage_error_class = nullptr;

PyObject* new_class(nb::module_& module, const char* name, const char* doc, const nb::tuple& bases) {
  const std::string full = std::string("transkimmer.") + name;
  PyObject* made = PyErr_NewExceptionWithDoc(full.c_str(), doc, bases.ptr(), nullptr);
  if (made == nullptr) throw nb::python_error();
  module.attr(name) = nb::handle(made);
  return made;
}

void translate(const std::exception_ptr& thrown, void* /*payload*/) {
  try {
    std::rethrow_exception(thrown);
  } catch (const FormatError& error) {
    PyErr_SetString(format_error_class, error.what());
  } catch (const IoError& error) {
    PyErr_SetString(io_error_class, error.what());
  } catch (const UsageError& error) {
    PyErr_SetString(usage_error_class, error.what());
  } catch (const Error& error) {
    PyErr_SetString(error_class, error.what());
  }
}

}  // namespace

void bind_errors(nb::module_& module) {
  error_class = new_class(module, "Error", "Everything that this library raises on purpose.",
                          nb::make_tuple(nb::handle(PyExc_Exception)));
  io_error_class = new_class(module, "IoError", "A file that is missing or unreadable.",
                             nb::make_tuple(nb::handle(error_class), nb::handle(PyExc_OSError)));
  format_error_class =
      new_class(module, "FormatError", "A file whose content is not what its format promises.",
                nb::make_tuple(nb::handle(error_class), nb::handle(PyExc_ValueError)));
  usage_error_class = new_class(module, "UsageError", "An argument without a usable value.",
                                nb::make_tuple(nb::handle(error_class), nb::handle(PyExc_ValueError)));
  nb::register_exception_translator(translate, nullptr);
}

}  // namespace transkimmer::python
