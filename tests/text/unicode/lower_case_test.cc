#include "text/unicode/lower_case.h"

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(LowerCase, MapsEveryLetter) {
  EXPECT_EQ(lower_cased("Old \xC3\x89T\xC3\x89 \xD0\x96 42!"), "old \xC3\xA9t\xC3\xA9 \xD0\xB6 42!");
  EXPECT_EQ(lower_cased(""), "");
}

TEST(LowerCase, MakesTwoCharactersOfDottedI) {
  EXPECT_EQ(lower_cased("\xC4\xB0"), "i\xCC\x87");
}

TEST(LowerCase, EndsWordsWithTheFinalSigma) {
  // A sigma alone, at a word's end, before an apostrophe and the end, and inside of a word.
  EXPECT_EQ(lower_cased("\xCE\xA3"), "\xCF\x83");
  EXPECT_EQ(lower_cased("A\xCE\xA3"), "a\xCF\x82");
  EXPECT_EQ(lower_cased("A\xCE\xA3' B"), "a\xCF\x82' b");
  EXPECT_EQ(lower_cased("A\xCE\xA3'B"), "a\xCF\x83'b");
  EXPECT_EQ(lower_cased("A\xCE\xA3\x42"), "a\xCF\x83\x62");
  EXPECT_EQ(lower_cased("1\xCE\xA3"), "1\xCF\x83");
}

}  // namespace
}  // namespace transkimmer
