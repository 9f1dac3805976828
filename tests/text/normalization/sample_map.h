#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace transkimmer::test {

/// SentencePiece's character map of keys of one byte each.
inline std::string map_of_bytes(const std::map<unsigned char, std::string>& replacements) {
  constexpr std::uint32_t kChildren = 256, kLeaves = 512, kUnits = 1024;
  constexpr std::uint32_t kIsLeaf = 1U << 31, kHasLeaf = 1U << 8;
  std::string texts;
  std::uint32_t units[kUnits] = {kChildren << 10};
  for (const auto& [byte, text] : replacements) {
    const std::uint32_t node = kChildren ^ byte;
    const std::uint32_t leaf = kLeaves + byte;
    units[node] = (node ^ leaf) << 10 | kHasLeaf | byte;
    units[leaf] = kIsLeaf | static_cast<std::uint32_t>(texts.size());
    texts.append(text).push_back('\0');
  }
  std::string bytes;
  const auto put = [&](std::uint32_t number) {
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xFFU));
  };
  put(4 * kUnits);
  for (const std::uint32_t unit : units) put(unit);
  return bytes + texts;
}

}  // namespace transkimmer::test
