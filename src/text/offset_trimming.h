#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "text/input_layout.h"

namespace transkimmer {

/// Half-open byte range in the original UTF-8 text that a token came from.
struct ByteRange {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  bool operator==(const ByteRange&) const = default;
};

/// How many characters at either end of a token are white space, or the Ġ that stands for a blank in
/// byte-level vocabularies.
struct BlankEnds {
  std::uint32_t leading = 0;
  std::uint32_t trailing = 0;
};
/// `token` is valid UTF-8.
BlankEnds blank_ends(std::string_view token);

/// `range` of `text` (valid UTF-8) without as many characters at either side as the token has blanks there,
/// once for each step. `is_first`: it is the first token of its text.
ByteRange trimmed(ByteRange range, BlankEnds ends, bool is_first, std::string_view text,
                  std::span<const OffsetTrim> steps);

}  // namespace transkimmer
