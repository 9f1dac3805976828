#include "base/strings/escaping.h"

#include <string>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(Escaped, IsWhatJsonReadsBackAndOneLine) {
  EXPECT_EQ(escaped("plain \xC3\xA9"), "plain \xC3\xA9");
  EXPECT_EQ(escaped("a\tb\nc\r\x1b\x7f\xC2\x9B\"\\"), "a\\tb\\nc\\r\\u001b\\u007f\\u009b\\\"\\\\");
  EXPECT_EQ(on_one_line("it's \"C:\\x\"\n"), "it's \"C:\\x\"\\n");
}

TEST(Escaped, ShowsWhatBreaksLinesOrTurnsTheOrderOfText) {
  EXPECT_EQ(escaped("a\u2028b\u202Ec\u2066"), "a\\u2028b\\u202ec\\u2066");
  EXPECT_EQ(escaped("a\u200Eb\u061C\uFEFF\u00AD\U000E0041"), "a\\u200eb\\u061c\\ufeff\\u00ad\\udb40\\udc41");
  EXPECT_EQ(escaped("\u2027\u20AC\U0001F600"), "\u2027\u20AC\U0001F600") << "other characters stay";
}

TEST(Escaped, ReplacesBytesThatAreNoText) {
  for (const char* bytes : {"\xFF", "\x80", "\xC0", "\xC3", "\xF5", "\xE2\x82"}) {
    const std::string found = on_one_line(std::string("a") + bytes);
    EXPECT_TRUE(found.starts_with("a\uFFFD")) << found;
    EXPECT_EQ(found.find_first_of("\xFF\xC0\xC3\xF5"), std::string::npos);
  }
  EXPECT_EQ(on_one_line("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD") << "a surrogate";
  EXPECT_EQ(on_one_line("\xF0\x80\x80\xAF").substr(0, 3), "\uFFFD") << "a slash in four bytes";
  EXPECT_EQ(on_one_line("\xF0\x9F\x98\x80"), "\U0001F600");
}

}  // namespace
}  // namespace transkimmer
