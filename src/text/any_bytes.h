#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "text/tokenizer.h"
#include "text/unicode/unicode.h"

namespace transkimmer {

/// Throws UsageError when byte offsets into a text of this size would not fit into ByteRange.
void check_text_size(std::size_t bytes);

/// Runs `tokenize(valid text)` on any bytes; offsets in the result point into the bytes given.
/// Throws UsageError for a text whose offsets would not fit into ByteRange.
template <class Tokenize>
std::vector<Piece> tokenize_any_bytes(std::string_view bytes, Tokenize&& tokenize) {
  check_text_size(bytes.size());
  if (is_valid_utf8(bytes)) return tokenize(bytes);
  const RepairedText repaired = repair_utf8(bytes);
  check_text_size(repaired.text.size());
  std::vector<Piece> pieces = tokenize(std::string_view(repaired.text));
  for (Piece& piece : pieces) {
    piece.offset = {repaired.origin[piece.offset.begin], repaired.origin[piece.offset.end]};
  }
  return pieces;
}

}  // namespace transkimmer
