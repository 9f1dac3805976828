#pragma once

#include <array>
#include <cstdint>

#include "text/byte_trie.h"

namespace transkimmer {

/// For each byte the token "<0x41>" that stands for it where a character is not known, or -1 where there is
/// none; with `fallback` false there is none for any.
std::array<std::int32_t, 256> byte_tokens(const ByteTrie& tokens, bool fallback);

}  // namespace transkimmer
