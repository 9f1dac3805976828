#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace transkimmer {

/// The flags of character_runs(), and which characters lower_case_runs() holds, looked up in two steps:
/// blocks of 256 characters are stored once where they are alike.
class CharacterTable {
 public:
  /// Set besides those of character_flags: the character is in one of lower_case_runs().
  static constexpr std::uint16_t kInUpperCase = 1 << 11;

  CharacterTable();
  /// `c` up to U+10FFFF.
  std::uint16_t flags(char32_t c) const { return flags_[place_of_block_[c / kBlock] + c % kBlock]; }

 private:
  static constexpr std::size_t kBlock = 256;
  static constexpr std::size_t kCharacters = 0x110000;

  std::array<std::uint32_t, kCharacters / kBlock> place_of_block_{};
  std::vector<std::uint16_t> flags_;
};

}  // namespace transkimmer
