#pragma once

#include <string>
#include <string_view>

namespace transkimmer {

/// Any text as it may stand in an element or an attribute of XML or HTML: on one line, control characters
/// escaped, U+FFFD for bytes that are no UTF-8.
std::string xml(std::string_view text);

}  // namespace transkimmer
