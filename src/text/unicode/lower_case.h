#pragma once

#include <string>
#include <string_view>

namespace transkimmer {

/// Text in lower case by Unicode's full mapping, which looks at context for the Greek sigma that ends a word:
/// Python's str.lower(). `text` is valid UTF-8.
std::string lower_cased(std::string_view text);

}  // namespace transkimmer
