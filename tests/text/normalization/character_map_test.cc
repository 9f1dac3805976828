#include "text/normalization/character_map.h"

#include <gtest/gtest.h>

#include "text/normalization/sample_map.h"

namespace transkimmer {
namespace {

TEST(CharacterMap, TheShortestKeyAtTheBeginningDecides) {
  const auto map = CharacterMap::parse(test::map_of_bytes({{'a', "xyz"}, {'b', ""}, {0xC3, "e"}}));
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(map->replacement("a"), "xyz");
  EXPECT_EQ(map->replacement("ab"), "xyz");
  EXPECT_EQ(map->replacement("b"), "");
  EXPECT_EQ(map->replacement("\u00E9"), "e");
  EXPECT_FALSE(map->replacement("c").has_value());
  EXPECT_FALSE(map->replacement("").has_value());
  EXPECT_FALSE(map->replacement(std::string_view("\0a", 2)).has_value());
}

TEST(CharacterMap, AsciiIsToldAsTheTrieTellsIt) {
  const auto map = CharacterMap::parse(test::map_of_bytes({{'a', "xyz"}, {'\n', " "}}));
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(map->unchanged_ascii("bcd e"), 5U);
  EXPECT_EQ(map->unchanged_ascii("bca"), 2U);
  EXPECT_EQ(map->unchanged_ascii("b\rc"), 1U) << "it may begin a line end";
  EXPECT_EQ(map->unchanged_ascii("b\u00E9"), 1U);
}

TEST(CharacterMap, WhatDoesNotFitIsNone) {
  const std::string whole = test::map_of_bytes({{'a', "x"}});
  EXPECT_FALSE(CharacterMap::parse("").has_value());
  EXPECT_FALSE(CharacterMap::parse(std::string(4, '\0')).has_value());
  EXPECT_FALSE(CharacterMap::parse(whole.substr(0, 2000)).has_value());
  EXPECT_FALSE(CharacterMap::parse(std::string(8, '\xFF')).has_value());
  EXPECT_FALSE(CharacterMap::parse(whole + "\xFF").has_value()) << "replacements are UTF-8";
}

TEST(CharacterMap, PlacesOutsideOfTheMapAreNoReplacements) {
  std::string bytes = test::map_of_bytes({{'a', "x"}});
  const std::size_t leaf = 4 + 4 * (512 + 'a');
  bytes[leaf] = '\x7F';
  EXPECT_FALSE(CharacterMap::parse(bytes)->replacement("a").has_value());
  const std::size_t node = 4 + 4 * (256 ^ 'a');
  bytes[node + 3] = '\x7F';
  EXPECT_FALSE(CharacterMap::parse(bytes)->replacement("a").has_value());
}

}  // namespace
}  // namespace transkimmer
