#include "text/normalization/pattern.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using testing::ElementsAre;

/// The parts of a text, matches in brackets.
std::vector<std::string> parts(const Pattern& pattern, const std::string& text) {
  std::vector<std::string> found;
  for (const PatternPart& part : pattern.parts(text)) {
    const std::string piece = text.substr(part.begin, part.end - part.begin);
    found.push_back(part.is_match ? "[" + piece + "]" : piece);
  }
  return found;
}

TEST(Patterns, MatchesAndWhatLiesBetween) {
  EXPECT_THAT(parts(Pattern::plain("b"), "abba"), ElementsAre("a", "[b]", "[b]", "a"));
  EXPECT_THAT(parts(Pattern::regular_expression("\\p{L}+"), "\u00E9t\u00E9 2\u65E5"),
              ElementsAre("[\u00E9t\u00E9]", " 2", "[\u65E5]"));
  EXPECT_TRUE(Pattern::plain("b").parts("").empty());
}

TEST(Patterns, EmptyMatchesDoNotFollowAnother) {
  EXPECT_THAT(parts(Pattern::regular_expression("x*"), "axb"), ElementsAre("[]", "a", "[x]", "b", "[]"));
  EXPECT_THAT(parts(Pattern::plain(""), "\u00E9b"), ElementsAre("[]", "\u00E9", "[]", "b", "[]"));
}

TEST(Patterns, AMalformedExpressionIsAnError) {
  EXPECT_THROW(Pattern::regular_expression("(a"), FormatError);
  EXPECT_THROW(Pattern::regular_expression("[z-a]"), FormatError);
}

TEST(Patterns, ASearchThatWouldTakeForEverIsAnError) {
  const Pattern pattern = Pattern::regular_expression("(a|aa)+$(?<=x)");
  EXPECT_THROW(pattern.parts(std::string(200, 'a')), Error);
}

}  // namespace
}  // namespace transkimmer
