#include "base/strings/base64.h"

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(Base64, SpellsBytesOfEveryLength) {
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("YQ=="), "a");
  EXPECT_EQ(from_base64("YWI="), "ab");
  EXPECT_EQ(from_base64("YWJj"), "abc");
  EXPECT_EQ(from_base64("+/8A"), std::string("\xFB\xFF\0", 3));
}

TEST(Base64, IsReadBackAsTheSameBytes) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes) << i;
    bytes.push_back(static_cast<char>(i * 37));
  }
  EXPECT_EQ(to_base64("ab"), "YWI=");
  EXPECT_EQ(to_base64(std::string_view("\xFB\xFF\0", 3)), "+/8A");
}

TEST(Base64, OtherTextsAreNone) {
  for (const char* text : {"Y", "YQ", "YQ=", "YW J", "YQ==YQ==", "Y===", "====", "Y-_j", "\xC3\xA9\xC3\xA9"})
    EXPECT_FALSE(from_base64(text).has_value()) << text;
}

}  // namespace
}  // namespace transkimmer
