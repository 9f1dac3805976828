#pragma once

#include <span>
#include <string>
#include <string_view>

#include "transkimmer/classifier.h"
#include "transkimmer/error.h"

namespace transkimmer {

/// A text, or a pair, and what became of its tokens.
struct SkimDrawing {
  std::string_view title;  ///< what the model answered; empty: nothing stands above the text
  TextInput input;
  std::span<const TokenTrace> tokens;  ///< in their order, as results have them
  int layers = 0;                      ///< Model::layers
};

/// The drawing as an HTML element: every token shaded by how many layers it went through, underlined where it
/// went through all, and said in words for those who point at it or do not see it. Texts may hold anything:
/// none of it becomes markup, and control characters are escaped. Throws UsageError for tokens that lie
/// beyond the text and for no layers.
///
///     const auto result = classifier.classify({{text}}, {.trace_tokens = true}).front();
///     page << skim_drawing({result.label_name, {text}, result.tokens, classifier.layers()});
TRANSKIMMER_API std::string skim_drawing(const SkimDrawing& drawing);

/// What a <style> has to hold for these elements: once for all that are on a page, light or dark.
TRANSKIMMER_API std::string_view skim_drawing_style();

}  // namespace transkimmer
