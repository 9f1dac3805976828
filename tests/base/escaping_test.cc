#include "base/escaping.h"

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(Escaped, IsWhatJsonReadsBackAndOneLine) {
  EXPECT_EQ(escaped("plain \xC3\xA9"), "plain \xC3\xA9");
  EXPECT_EQ(escaped("a\tb\nc\r\x1b\x7f\xC2\x9B\"\\"), "a\\tb\\nc\\r\\u001b\\u007f\\u009b\\\"\\\\");
  EXPECT_EQ(on_one_line("it's \"C:\\x\"\n"), "it's \"C:\\x\"\\n");
}

}  // namespace
}  // namespace transkimmer
