#include "module.h"
#include "transkimmer/drawing.h"

namespace transkimmer::python {

void check_signals() {
  const nb::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
}

CallProgress::CallProgress(std::size_t total, bool bar) {
  if (bar) bar_ = nb::module_::import_("transkimmer.streaming").attr("progress_bar")(total);
}

CallProgress::~CallProgress() {
  try {
    if (bar_.is_valid() && !bar_.is_none()) bar_.attr("close")();
  } catch (nb::python_error& error) {
    error.discard_as_unraisable("the progress bar");
  }
}

void CallProgress::update(const ClassifyProgress& progress) {
  const nb::gil_scoped_acquire locked;
  if (PyErr_CheckSignals() != 0) throw nb::python_error();
  if (!bar_.is_valid() || bar_.is_none()) return;
  bar_.attr("update")(progress.done - shown_);
  shown_ = progress.done;
}

nb::object Drawn::html(const std::string& title) const {
  if (tokens.empty()) return nb::none();
  const Texts texts(given);
  const SkimDrawing drawing{.title = title, .input = texts[0], .tokens = tokens, .layers = layers};
  return text_of("<style>" + std::string(skim_drawing_style()) + "</style>\n" + skim_drawing(drawing));
}

}  // namespace transkimmer::python
