#include "base/strings/numbers.h"

#include <limits>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(ParseInteger, TakesTheWholeText) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("-17"), -17);
  EXPECT_EQ(parse_integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseInteger, RefusesWhatIsNoInteger) {
  for (const char* const text :
       {"", " 1", "1 ", "1.0", "+1", "1e3", "0x10", "-", "1\n", "9223372036854775808", "one"})
    EXPECT_EQ(parse_integer(text), std::nullopt) << '"' << text << '"';
}

TEST(ParseReal, TakesTheWholeText) {
  EXPECT_EQ(parse_real("1"), 1.0);
  EXPECT_EQ(parse_real("-2.5e-3"), -2.5e-3);
  EXPECT_EQ(parse_real(".5"), 0.5);
}

TEST(ParseReal, RefusesWhatIsNoFiniteNumber) {
  for (const char* const text :
       {"", " 1", "1 ", "1,5", "nan", "inf", "-inf", "infinity", "1e999", "0x1p3", "1.0f"})
    EXPECT_EQ(parse_real(text), std::nullopt) << '"' << text << '"';
}

}  // namespace
}  // namespace transkimmer
