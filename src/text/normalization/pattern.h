#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// A stretch of a text that a pattern was sought in: a match, or what lies before, between or behind matches.
struct PatternPart {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool is_match = false;
};

/// What is sought in a text: a regular expression of Oniguruma in Ruby's syntax, as Hugging Face's tokenizers
/// have it, or plain text. Immutable.
class Pattern {
 public:
  static Pattern plain(std::string text);
  /// Throws FormatError with Oniguruma's own message for an expression that it does not take, Error where
  /// that library is not installed.
  static Pattern regular_expression(std::string_view expression);

  /// All parts of `text` (valid UTF-8), in order. Matches may be empty, but not right behind another.
  /// Throws Error when a search takes more steps than Oniguruma allows.
  std::vector<PatternPart> parts(std::string_view text) const;

 private:
  struct Expression;
  class Search;

  std::string text_;
  std::shared_ptr<const Expression> expression_;
};

}  // namespace transkimmer
