#include "text/models/byte_tokens.h"

#include <fmt/format.h>

namespace transkimmer {

std::array<std::int32_t, 256> byte_tokens(const ByteTrie& tokens, bool fallback) {
  std::array<std::int32_t, 256> found{};
  for (std::size_t byte = 0; byte < found.size(); ++byte)
    found.at(byte) = fallback ? tokens.find(fmt::format("<0x{:02X}>", byte)) : -1;
  return found;
}

}  // namespace transkimmer
