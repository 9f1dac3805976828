#include "text/any_bytes.h"

#include <cstdint>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

TEST(TextSize, MayBeWhatOffsetsOf32BitsReach) {
  EXPECT_NO_THROW(check_text_size(0));
  EXPECT_NO_THROW(check_text_size(UINT32_MAX - 1));
  EXPECT_THAT([] { check_text_size(UINT32_MAX); },
              testing::ThrowsMessage<UsageError>(
                  "a text of 4294967295 bytes is too long to tokenize; the limit is 4 GiB"));
}

TEST(AnyBytes, AreTokenizedAsTextAndCountedAsGiven) {
  // Each byte that is no text is read as a character of three.
  const std::vector<Piece> pieces = tokenize_any_bytes("a\xFF\xFEz", [](std::string_view valid) {
    EXPECT_EQ(valid, "a\xEF\xBF\xBD\xEF\xBF\xBDz");
    return std::vector<Piece>{{7, {1, 4}}, {8, {4, 8}}};
  });
  ASSERT_EQ(pieces.size(), 2U);
  EXPECT_EQ(pieces[0].id, 7);
  EXPECT_EQ(pieces[0].offset, (ByteRange{1, 2}));
  EXPECT_EQ(pieces[1].offset, (ByteRange{2, 4}));
}

}  // namespace
}  // namespace transkimmer
