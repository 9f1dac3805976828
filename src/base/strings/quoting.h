#pragma once

#include <span>
#include <string>
#include <string_view>

namespace transkimmer {

/// A name or value from outside as a message shows it: between single quotes, shortened, and with control
/// characters as `\x1b` or `\u009b`, so that a message stays one line and does nothing to a terminal.
std::string in_quotes(std::string_view value);
/// Several, separated by commas; ", ..." stands for those after the tenth.
std::string names_in_quotes(std::span<const std::string> names);

/// At most 80 bytes of UTF-8, cut between characters; "..." ends what was longer.
std::string shortened(std::string_view text);

}  // namespace transkimmer
