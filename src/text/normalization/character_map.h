#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// SentencePiece's precompiled character map: which texts are replaced, and by what. A double array trie of
/// keys whose values are places in a list of replacements, each of which ends with a NUL.
class CharacterMap {
 public:
  /// The map of a size in bytes (four bytes, the lowest first), as many bytes of units, and the list; nothing
  /// where these do not fit or the list is not UTF-8.
  static std::optional<CharacterMap> parse(std::string_view bytes);

  /// What replaces `text`: the shortest key that it begins with decides. Nothing where no key does.
  std::optional<std::string_view> replacement(std::string_view text) const;
  /// The same for one ASCII character.
  std::optional<std::string_view> replacement_of_ascii(char c) const {
    const Ascii& found = ascii_[static_cast<unsigned char>(c)];
    if (!found.is_replaced) return std::nullopt;
    return std::string_view(texts_).substr(found.begin, found.length);
  }
  /// How many of the first characters of `text` are ASCII that stays as it is, and no CR.
  std::size_t unchanged_ascii(std::string_view text) const;

 private:
  struct Ascii {
    bool is_replaced = false;
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
  };

  CharacterMap(std::vector<std::uint32_t> units, std::string texts);

  std::vector<std::uint32_t> units_;
  std::string texts_;
  std::array<Ascii, 128> ascii_{};
};

}  // namespace transkimmer
