#pragma once

#include <cstddef>
#include <string_view>

namespace transkimmer {

/// Where the extended grapheme cluster that begins at `at` ends. `text` is valid UTF-8, and a cluster begins
/// at `at`. Flags are not told apart from the regional indicators that they are made of: what is looked up by
/// cluster is shorter than one of these.
std::size_t grapheme_end(std::string_view text, std::size_t at);

}  // namespace transkimmer
