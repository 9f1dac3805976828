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

Pattern::Match Pattern::next(std::string_view text, std::size_t from) const {
  if (expression_ == nullptr) {
    const std::size_t found = text.find(text_, from);
    if (found == text.npos) return {};
    return {true, found, found + text_.size()};
  }
  const std::unique_ptr<OnigRegion, void (*)(OnigRegion*)> region(
      onig_region_new(), [](OnigRegion* freed) { onig_region_free(freed, 1); });
  const OnigUChar* const begin = start_of(text);
  const OnigUChar* const end = begin + text.size();
  const int place =
      onig_search(expression_->regex, begin, end, begin + from, end, region.get(), ONIG_OPTION_NONE);
  if (place == ONIG_MISMATCH) return {};
  if (place < 0) throw Error("a regular expression of the tokenizer failed: " + message_of(place, nullptr));
  return {true, static_cast<std::size_t>(region->beg[0]), static_cast<std::size_t>(region->end[0])};
}

std::vector<PatternPart> Pattern::parts(std::string_view text) const {
  std::vector<PatternPart> parts;
  if (text.empty()) return parts;
  std::size_t done = 0;
  std::optional<std::size_t> last_end;
  for (std::size_t from = 0; from <= text.size();) {
    const Match match = next(text, from);
    if (!match.found) break;
    if (match.begin == match.end && last_end == match.end) {
      from += from < text.size() ? decode_utf8(text, from).length : 1;
      continue;
    }
    if (done < match.begin) parts.push_back({done, match.begin, false});
    parts.push_back({match.begin, match.end, true});
    from = done = match.end;
    last_end = match.end;
  }
  if (done < text.size()) parts.push_back({done, text.size(), false});
  return parts;
}

}  // namespace transkimmer
