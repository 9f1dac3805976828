#pragma once

#include <string>
#include <string_view>

namespace transkimmer {

/// A name from outside as it stands in output for pipes: what JSON escapes in a string is escaped in the same
/// way, other control characters and those that turn the order of text as \u0085, so that a name breaks no
/// line and no column, and can be read back. Bytes that are no UTF-8 become U+FFFD.
std::string escaped(std::string_view name);
/// A message on one line: its control characters as escapes.
std::string on_one_line(std::string_view message);

}  // namespace transkimmer
