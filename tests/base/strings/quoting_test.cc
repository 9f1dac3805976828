#include "base/strings/quoting.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(InQuotes, ShowsAValueOnOneLine) {
  EXPECT_EQ(in_quotes("label"), "'label'");
  EXPECT_EQ(in_quotes(""), "''");
  EXPECT_EQ(in_quotes("a\nb\x1b[31m\x7f"), "'a\\nb\\u001b[31m\\u007f'");
}

TEST(InQuotes, ShowsTheControlsOfLatin1) {
  EXPECT_EQ(in_quotes("a\u009b31m\u0080\u009f"), "'a\\u009b31m\\u0080\\u009f'");
  EXPECT_EQ(in_quotes("\u00a0\u00e9\u0109"), "'\u00a0\u00e9\u0109'") << "letters stay";
  EXPECT_EQ(in_quotes(std::string(80, 'x') + "\u009b"), "'" + std::string(80, 'x') + "...'");
}

TEST(NamesInQuotes, AreTenAtMost) {
  EXPECT_EQ(names_in_quotes(std::vector<std::string>{"a", "b\n"}), "'a', 'b\\n'");
  EXPECT_EQ(names_in_quotes(std::vector<std::string>(10, "a")).size(), 10 * 5 - 2U);
  EXPECT_TRUE(names_in_quotes(std::vector<std::string>(11, "a")).ends_with("'a', ..."));
}

TEST(InQuotes, CutsBetweenCharacters) {
  const std::string longest(80, 'x');
  EXPECT_EQ(in_quotes(longest), "'" + longest + "'");
  EXPECT_EQ(in_quotes(longest + "x"), "'" + longest + "...'");
  EXPECT_EQ(in_quotes(std::string(79, 'x') + "\u00e9 and more"), "'" + std::string(79, 'x') + "...'");
}

TEST(InQuotes, SurvivesWhatIsNoText) {
  EXPECT_EQ(in_quotes("w\xFF"), "'w\uFFFD'");
  EXPECT_EQ(in_quotes(std::string(1, '\0')), "'\\u0000'");
}

}  // namespace
}  // namespace transkimmer
