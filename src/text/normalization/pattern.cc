#include "text/normalization/pattern.h"

#include <array>
#include <optional>
#include <string>
#include <type_traits>

#include <dlfcn.h>
#include <oniguruma.h>

#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What is used of Oniguruma. Linked as usual it would put its own regcomp and regexec, which are another
/// thing, before those of the C library in every program; so it is opened by itself, when a tokenizer first
/// has an expression.
struct Oniguruma {
  /// Throws Error where the library is not installed.
  static const Oniguruma& loaded() {
    static const Oniguruma library;
    return library;
  }

  decltype(&::onig_initialize) initialize = nullptr;
  decltype(&::onig_new) create = nullptr;
  decltype(&::onig_free) free = nullptr;
  decltype(&::onig_search) search = nullptr;
  decltype(&::onig_region_new) new_region = nullptr;
  decltype(&::onig_region_free) free_region = nullptr;
  decltype(&::onig_error_code_to_str) describe = nullptr;
  OnigEncoding utf8 = nullptr;
  OnigSyntaxType* ruby = nullptr;

 private:
  Oniguruma() {
    constexpr const char* kName = "libonig.so.5";  // of all versions 6
    void* const library = ::dlopen(kName, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
      throw Error(std::string("the tokenizer has regular expressions, for which there is no ") + kName +
                  " (Debian's libonig5)");
    const auto take = [&](const char* name, auto& target) {
      void* const symbol = ::dlsym(library, name);
      if (symbol == nullptr) throw Error(std::string(kName) + " has no " + name);
      target = reinterpret_cast<std::remove_reference_t<decltype(target)>>(symbol);
    };
    take("onig_initialize", initialize);
    take("onig_new", create);
    take("onig_free", free);
    take("onig_search", search);
    take("onig_region_new", new_region);
    take("onig_region_free", free_region);
    take("onig_error_code_to_str", describe);
    take("OnigEncodingUTF8", utf8);
    take("OnigSyntaxRuby", ruby);
    initialize(&utf8, 1);
  }
};

const OnigUChar* start_of(std::string_view text) {
  return reinterpret_cast<const OnigUChar*>(text.data());
}

std::string message_of(int code, OnigErrorInfo* info) {
  std::array<OnigUChar, ONIG_MAX_ERROR_MESSAGE_LEN> buffer{};
  const int length = Oniguruma::loaded().describe(buffer.data(), code, info);
  return {reinterpret_cast<const char*>(buffer.data()), static_cast<std::size_t>(length)};
}

}  // namespace

struct Pattern::Expression {
  explicit Expression(std::string_view text) {
    const Oniguruma& library = Oniguruma::loaded();
    OnigErrorInfo info{};
    const OnigUChar* const begin = start_of(text);
    const int code = library.create(&regex, begin, begin + text.size(), ONIG_OPTION_NONE, library.utf8,
                                    library.ruby, &info);
    if (code != ONIG_NORMAL) throw FormatError(message_of(code, &info));
  }
  ~Expression() { Oniguruma::loaded().free(regex); }
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
  Search(const Pattern& pattern, std::string_view text) : pattern_(pattern), text_(text) {
    if (pattern.expression_ != nullptr) region_.reset(Oniguruma::loaded().new_region());
  }

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
    const int place = Oniguruma::loaded().search(pattern_.expression_->regex, begin, end, begin + from, end,
                                                 region_.get(), ONIG_OPTION_NONE);
    if (place == ONIG_MISMATCH) return std::nullopt;
    if (place < 0) throw Error("a regular expression of the tokenizer failed: " + message_of(place, nullptr));
    return PatternPart{static_cast<std::size_t>(region_->beg[0]), static_cast<std::size_t>(region_->end[0]),
                       true};
  }

  struct Free {
    void operator()(OnigRegion* region) const { Oniguruma::loaded().free_region(region, 1); }
  };

  const Pattern& pattern_;
  std::string_view text_;
  std::unique_ptr<OnigRegion, Free> region_;  ///< of expressions
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
