#include "base/quoting.h"

#include <string>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(InQuotes, ShowsAValueOnOneLine) {
  EXPECT_EQ(in_quotes("label"), "'label'");
  EXPECT_EQ(in_quotes(""), "''");
  EXPECT_EQ(in_quotes("a\nb\x1b[31m\x7f"), "'a\\x0ab\\x1b[31m\\x7f'");
}

TEST(InQuotes, CutsBetweenCharacters) {
  const std::string longest(80, 'x');
  EXPECT_EQ(in_quotes(longest), "'" + longest + "'");
  EXPECT_EQ(in_quotes(longest + "x"), "'" + longest + "...'");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "\u00e9 and more"), "'" + std::string(79, 'x') + "...'");
}

TEST(InQuotes, SurvivesWhatIsNoText) {
  EXPECT_EQ(in_quotes(std::string(200, '\x80')), "'...'");
  EXPECT_EQ(in_quotes(std::string(1, '\0')), "'\\x00'");
}

}  // namespace
}  // namespace transkimmer
