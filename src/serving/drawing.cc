#include "transkimmer/drawing.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <fmt/format.h>

#include "base/strings/xml.h"

namespace transkimmer {
namespace {

/// Shades from the lightest, of a token that left before the first layer, to that of one that stayed.
constexpr int kShades = 9;

// A translucent colour is a shade of any page, light or dark, beneath text of the page's own colour.
constexpr std::string_view kStyle =
    ".skim-drawing p{margin:.2em 0;line-height:2;overflow-wrap:anywhere}"
    ".skim-drawing span{border-radius:.25em;padding:.1em .15em;border-bottom:2px solid transparent;"
    "print-color-adjust:exact;forced-color-adjust:none}"
    ".skim-drawing .skim-special{font-style:italic}"
    ".skim-drawing .skim-rest{opacity:.6;text-decoration:line-through}"
    ".skim-drawing .skim-0{background:rgba(48,120,230,.05)}.skim-drawing "
    ".skim-1{background:rgba(48,120,230,.1)}"
    ".skim-drawing .skim-2{background:rgba(48,120,230,.15)}.skim-drawing "
    ".skim-3{background:rgba(48,120,230,.2)}"
    ".skim-drawing .skim-4{background:rgba(48,120,230,.25)}.skim-drawing "
    ".skim-5{background:rgba(48,120,230,.3)}"
    ".skim-drawing .skim-6{background:rgba(48,120,230,.35)}.skim-drawing "
    ".skim-7{background:rgba(48,120,230,.4)}"
    ".skim-drawing .skim-8{background:rgba(48,120,230,.45);border-bottom-color:currentColor}";

/// The layer that it left before, counted from 1, or that it stayed.
std::string fate_of(int skimmed_at, int layers) {
  if (skimmed_at >= layers) return fmt::format("went through all {} layers", layers);
  return fmt::format("left before layer {} of {}", skimmed_at + 1, layers);
}

/// Only what went through all layers has the darkest shade.
int shade_of(int skimmed_at, int layers) {
  if (skimmed_at >= layers) return kShades - 1;
  return std::min((kShades - 1) * skimmed_at / layers, kShades - 2);
}

/// One text, drawn from its beginning to its end.
class DrawnText {
 public:
  DrawnText(std::string_view text, int layers) : text_(text), layers_(layers) {}

  void add(const TokenTrace& token) {
    if (token.begin > token.end || token.end > text_.size())
      throw UsageError(fmt::format("a token ends at byte {} of a text of {}", token.end, text_.size()));
    const std::size_t begin = std::max<std::size_t>(token.begin, at_);
    // A special token is nowhere in the text, and some tokens share a character with the one before them.
    if (begin >= token.end) return add_mark(token, token.token, " skim-special");
    html_ += xml(text_.substr(at_, begin - at_));
    add_mark(token, text_.substr(begin, token.end - begin), "");
    at_ = token.end;
  }

  /// What follows the last token was cut, unless it is blank.
  std::string finished() {
    const std::string_view rest = text_.substr(at_);
    if (rest.find_first_not_of(" \t\r\n") != rest.npos)
      html_ += fmt::format("<span class=\"skim-rest\" title=\"not read\">{}</span>", xml(rest));
    return "<p>" + html_ + "</p>\n";
  }

 private:
  void add_mark(const TokenTrace& token, std::string_view words, std::string_view more_classes) {
    const std::string shown = xml(words), fate = fate_of(token.skimmed_at, layers_);
    html_ +=
        fmt::format("<span class=\"skim-{}{}\" role=\"img\" title=\"{}\" aria-label=\"{}: {}\">{}</span>",
                    shade_of(token.skimmed_at, layers_), more_classes, fate, shown, fate, shown);
  }

  std::string_view text_;
  int layers_;
  std::size_t at_ = 0;
  std::string html_;
};

}  // namespace

std::string_view skim_drawing_style() {
  return kStyle;
}

std::string skim_drawing(const SkimDrawing& drawing) {
  if (drawing.layers < 1) throw UsageError("a drawing of tokens needs the number of layers");
  DrawnText first(drawing.input.text, drawing.layers);
  DrawnText second(drawing.input.text_pair.value_or(""), drawing.layers);
  for (const TokenTrace& token : drawing.tokens) (token.second ? second : first).add(token);
  std::string html = "<div class=\"skim-drawing\">\n";
  if (!drawing.title.empty()) html += fmt::format("<p><strong>{}</strong></p>\n", xml(drawing.title));
  html += first.finished();
  if (drawing.input.text_pair) html += second.finished();
  return html + "</div>\n";
}

}  // namespace transkimmer
