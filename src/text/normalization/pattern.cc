#include "text/normalization/pattern.h"

#include <array>
#include <mutex>
#include <optional>

#include <oniguruma.h>

#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

const OnigUChar* start_of(std::string_view text) {
  return reinterpret_cast<const OnigUChar*>(text.data());
}

std::string message_of(int code, OnigErrorInfo* info) {
  std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> buffer{};
  const int length = onig_error_code_to_str(buffer.data(), code, info);
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length)};
}

void initialize() {
  static std::once_flag once;
  std::call_once(once, [] {
    std::array<OnigEncoding, 1> encodings = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings.data(), static_cast<int>(encodings.size()));
  });
}

}  // namespace

struct Pattern::Expression {
  explicit Expression(std::string_view text) {
    initialize();
    OnigErrorInfo info{};
    const OnigUChar* const begin = start_of(text);
    const int code = onig_new(&regex, begin, begin + text.size(), ONIG_OPTION_NONE, ONIG_ENCODING_UTF8,
                              ONIG_SYNTAX_RUBY, &info);
    if (code != ONIG_NORMAL) throw FormatError(message_of(code, &info));
  }
  ~Expression() { onig_free(regex); }
  Expression(const Expression&) = delete;
  Expression& operator=(const Expression&) = delete;

  OnigRegex regex = nullptr;
};

Pattern Pattern::plain(std::string text) {
  Pattern pattern;
  pattern.text_ = std::move(text);
  return pattern;
}

Pattern Pattern::regular_expression(std::string_view expression) {
  Pattern pattern;
  pattern.expression_ = std::make_shared<const Expression>(expression);
  return pattern;
}

/// Looks for a pattern in one text.
class Pattern::Search {
 public:
  Search(const Pattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {}

  /// The first match at or behind `from`.
  std::optional<PatternPart> next(std::size_t from) {
    if (pattern_.expression_ != nullptr) return next_of_expression(from);
    const std::size_t found = text_.find(pattern_.text_, from);
    if (found == text_.npos) return std::nullopt;
    return PatternPart{found, found + pattern_.text_.size(), true};
  }

 private:
  std::optional<PatternPart> next_of_expression(std::size_t from) {
    const OnigUChar* const begin = start_of(text_);
    const OnigUChar* const end = begin + text_.size();
    const int place = onig_search(pattern_.expression_->regex, begin, end, begin + from, end, region_.get(),
                                  ONIG_OPTION_NONE);
    if (place == ONIG_MISMATCH) return std::nullopt;
    if (place < 0) throw Error("a regular expression of the tokenizer failed: " + message_of(place, nullptr));
    return PatternPart{static_cast<std::size_t>(region_->beg[0]), static_cast<std::size_t>(region_->end[0]),
                       true};
  }

  struct Free {
    void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
  };

  const Pattern& pattern_;
  std::string_view text_;
  std::unique_ptr<OnigRegion, Free> region_{onig_region_new()};
};

std::vector<PatternPart> Pattern::parts(std::string_view text) const {
  std::vector<PatternPart> parts;
  if (text.empty()) return parts;
  std::size_t done = 0;
  std::optional<std::size_t> last_end;
  Search search(*this, text);
  for (std::size_t from = 0; from <= text.size();) {
    const std::optional<PatternPart> match = search.next(from);
    if (!match) break;
    if (match->begin == match->end && last_end == match->end) {
      from += from < text.size() ? decode_utf8(text, from).length : 1;
      continue;
    }
    if (done < match->begin) parts.push_back({done, match->begin, false});
    parts.push_back(*match);
    from = done = match->end;
    last_end = match->end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), false});
  return parts;
}

}  // namespace transkimmer
