#include "text/unicode/graphemes.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::ElementsAre;

std::vector<std::string> clusters(const std::string& text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = grapheme_end(text, at);
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

TEST(Graphemes, MarksBelongToWhatStandsBefore) {
  EXPECT_THAT(clusters("ae\u0301\u0323b"), ElementsAre("a", "e\u0301\u0323", "b"));
  EXPECT_THAT(clusters("\u0915\u0903x"), ElementsAre("\u0915\u0903", "x"));
  EXPECT_THAT(clusters("\u0301a"), ElementsAre("\u0301", "a"));
}

TEST(Graphemes, ControlsStandAloneButForALineEnd) {
  EXPECT_THAT(clusters("a\r\nb\n\rc"), ElementsAre("a", "\r\n", "b", "\n", "\r", "c"));
  EXPECT_THAT(clusters("\u200B\u0301"), ElementsAre("\u200B", "\u0301"));
}

TEST(Graphemes, SyllablesOfHangulAreWhole) {
  EXPECT_THAT(clusters("\u1100\u1161\u11A8\u1100"), ElementsAre("\u1100\u1161\u11A8", "\u1100"));
  EXPECT_THAT(clusters("\uAC00\u11A8\uAC01\u11A8\uAC01\u1161"),
              ElementsAre("\uAC00\u11A8", "\uAC01\u11A8", "\uAC01", "\u1161"));
}

TEST(Graphemes, PictographsAreJoinedByAJoiner) {
  EXPECT_THAT(clusters("\U0001F469\u200D\U0001F467x"), ElementsAre("\U0001F469\u200D\U0001F467", "x"));
  EXPECT_THAT(clusters("a\u200D\U0001F467"), ElementsAre("a\u200D", "\U0001F467"));
}

TEST(Graphemes, ConjunctsAreWhole) {
  EXPECT_THAT(clusters("\u0915\u094D\u0937\u0915"), ElementsAre("\u0915\u094D\u0937", "\u0915"));
}

TEST(Graphemes, PrependedSignsBelongToWhatFollows) {
  EXPECT_THAT(clusters("\u0600a \u0600 b"), ElementsAre("\u0600a", " ", "\u0600 ", "b"));
}

}  // namespace
}  // namespace transkimmer
