#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "transkimmer/classifier.h"

namespace transkimmer {

/// The page of `predict --html`: a heading and a drawing of the tokens for each input, written as they come.
/// It needs nothing from elsewhere and runs no script.
class DrawnPage {
 public:
  /// A page that nobody wants.
  DrawnPage() = default;
  /// Begins a page in `out`, which outlives it. `model` is named at its top, and has so many layers.
  DrawnPage(std::ostream& out, std::string_view model, int layers);

  bool wanted() const { return out_ != nullptr; }
  /// Of a page that is wanted: the next input, what was answered, and what became of its tokens.
  void add(std::string_view answer, const TextInput& input, std::span<const TokenTrace> tokens);
  void finish();

 private:
  std::ostream* out_ = nullptr;
  int layers_ = 0;
};

}  // namespace transkimmer
