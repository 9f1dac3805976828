#include "datasets/formats/json_lines.h"

#include <string>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

TEST(JsonLines, GiveOneObjectPerLineAndCountEmptyOnes) {
  JsonLineReader reader("\xEF\xBB\xBF{\"text\": \"a\\u00e9\\n\"}\r\n \n{\"text\": \"b\"}", "file");
  nlohmann::json object;
  ASSERT_TRUE(reader.next(object));
  EXPECT_EQ(reader.string_at(object, "text"), "a\xC3\xA9\n");
  EXPECT_EQ(reader.line(), 1U);
  ASSERT_TRUE(reader.next(object));
  EXPECT_EQ(reader.string_at(object, "text"), "b");
  EXPECT_EQ(reader.line(), 3U);
  EXPECT_FALSE(reader.next(object));
}

TEST(JsonLines, SpellLabelsAsText) {
  JsonLineReader reader(R"({"a": "x", "b": -3, "c": 18446744073709551615, "d": 2.5, "e": null})", "file");
  nlohmann::json object;
  ASSERT_TRUE(reader.next(object));
  EXPECT_EQ(reader.label_at(object, "a"), "x");
  EXPECT_EQ(reader.label_at(object, "b"), "-3");
  EXPECT_EQ(reader.label_at(object, "c"), "18446744073709551615");
  EXPECT_THROW(reader.label_at(object, "d"), FormatError);
  EXPECT_EQ(reader.score_at(object, "d"), "2.5");
  EXPECT_EQ(reader.label_at(object, "e"), "");
  EXPECT_EQ(reader.score_at(object, "e"), "");
}

}  // namespace
}  // namespace transkimmer
