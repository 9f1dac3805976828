#include "commands/prediction/drawn_page.h"

#include <fmt/format.h>

#include "base/strings/xml.h"
#include "transkimmer/drawing.h"

namespace transkimmer {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    ".skim-drawing{border-top:1px solid rgba(128,128,128,.5);padding:.5rem 0}";

}  // namespace

DrawnPage::DrawnPage(std::ostream& out, std::string_view model, int layers) : out_(&out), layers_(layers) {
  out << fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>{1}{2}</style>\n</head>\n<body>\n<h1>{0}</h1>\n"
      "<p>The darker a token, the more of the {3} layers it went through; underlined are those that went "
      "through all.</p>\n",
      xml(model), kStyle, skim_drawing_style(), layers);
}

void DrawnPage::add(std::string_view answer, const TextInput& input, std::span<const TokenTrace> tokens) {
  *out_ << skim_drawing({.title = answer, .input = input, .tokens = tokens, .layers = layers_});
}

void DrawnPage::finish() {
  *out_ << "</body>\n</html>\n";
}

}  // namespace transkimmer
