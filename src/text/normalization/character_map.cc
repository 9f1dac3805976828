#include "text/normalization/character_map.h"

#include <algorithm>

#include "text/unicode/unicode.h"

namespace transkimmer {
namespace {

// A unit of the double array: a label, whether a leaf follows, and where the children are; of a leaf, a
// value.

constexpr std::uint32_t kIsLeaf = 1U << 31;

std::size_t offset_of(std::uint32_t unit) {
  constexpr std::uint32_t kIsFar = 1U << 9;
  const std::uint32_t offset = unit >> 10;
  return (unit & kIsFar) != 0 ? std::size_t{offset} << 8 : offset;
}

bool has_leaf(std::uint32_t unit) {
  return (unit >> 8 & 1U) != 0;
}

/// No byte is the label of a leaf.
std::uint32_t label_of(std::uint32_t unit) {
  return unit & (kIsLeaf | 0xFFU);
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i)
    number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return number;
}

}  // namespace

std::optional<CharacterMap> CharacterMap::parse(std::string_view bytes) {
  constexpr std::size_t kUnit = sizeof(std::uint32_t);
  if (bytes.size() < kUnit) return std::nullopt;
  const std::size_t count = number_at(bytes, 0) / kUnit;
  if (count == 0 || count > (bytes.size() - kUnit) / kUnit) return std::nullopt;
  std::vector<std::uint32_t> units(count);
  for (std::size_t i = 0; i < count; ++i) units[i] = number_at(bytes, kUnit * (i + 1));
  const std::string_view texts = bytes.substr(kUnit * (count + 1));
  if (!is_valid_utf8(texts)) return std::nullopt;
  return CharacterMap(std::move(units), std::string(texts));
}

CharacterMap::CharacterMap(std::vector<std::uint32_t> units, std::string texts)
    : units_(std::move(units)), texts_(std::move(texts)) {
  for (std::size_t c = 0; c < ascii_.size(); ++c) {
    const char character = static_cast<char>(c);
    if (const auto found = replacement({&character, 1}))
      ascii_[c] = {true, static_cast<std::uint32_t>(found->data() - texts_.data()),
                   static_cast<std::uint32_t>(found->size())};
  }
}

std::optional<std::string_view> CharacterMap::replacement(std::string_view text) const {
  std::size_t place = offset_of(units_.front());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    place ^= byte;
    // A NUL ends all keys.
    if (byte == 0 || place >= units_.size() || label_of(units_[place]) != byte) return std::nullopt;
    const std::uint32_t unit = units_[place];
    place ^= offset_of(unit);
    if (!has_leaf(unit) || place >= units_.size()) continue;
    const std::size_t begin = units_[place] & ~kIsLeaf;
    const bool is_within = begin <= texts_.size() && !is_continuation_byte(texts_[begin]);
    if (!is_within) return std::nullopt;
    const std::size_t end = std::min(texts_.find('\0', begin), texts_.size());
    return std::string_view(texts_).substr(begin, end - begin);
  }
  return std::nullopt;
}

std::size_t CharacterMap::unchanged_ascii(std::string_view text) const {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= ascii_.size() || byte == '\r' || ascii_[byte].is_replaced) break;
  }
  return at;
}

}  // namespace transkimmer
