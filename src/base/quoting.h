#pragma once

#include <string>
#include <string_view>

namespace transkimmer {

/// A name or value from outside as a message shows it: between single quotes, shortened, and with control
/// characters as `\x1b`, so that a message stays one line and does nothing to a terminal.
std::string in_quotes(std::string_view value);

/// At most 80 bytes of UTF-8, cut between characters; "..." ends what was longer.
std::string shortened(std::string_view text);

}  // namespace transkimmer
