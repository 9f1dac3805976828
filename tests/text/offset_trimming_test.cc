// The expectations are what Hugging Face's tokenizers give for the same tokens.
#include "text/offset_trimming.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

constexpr std::string_view kText = "ab é  c";  // é takes two bytes
const std::vector<OffsetTrim> kOnce = {{}};
const std::vector<OffsetTrim> kKeeping = {{.keeps_prefix_space = true}};

TEST(OffsetTrimming, CountsWhiteSpaceAndTheBlanksOfByteLevelTokens) {
  const BlankEnds ends = blank_ends("ĠĠx\u00A0");
  EXPECT_EQ(ends.leading, 2U);
  EXPECT_EQ(ends.trailing, 1U);
  EXPECT_EQ(blank_ends("Ġ").leading, 1U);
  EXPECT_EQ(blank_ends("Ġ").trailing, 1U);
  EXPECT_EQ(blank_ends("<unk>").leading, 0U);
}

TEST(OffsetTrimming, LeavesAsManyCharactersOutAsTheTokenHasBlanks) {
  EXPECT_EQ(trimmed({2, 5}, {1, 0}, false, kText, kOnce), (ByteRange{3, 5}));
  EXPECT_EQ(trimmed({3, 7}, {0, 2}, false, kText, kOnce), (ByteRange{3, 5}));
  EXPECT_EQ(trimmed({2, 5}, {1, 0}, false, kText, {}), (ByteRange{2, 5}));
  EXPECT_EQ(trimmed({2, 7}, {1, 0}, false, kText, std::vector<OffsetTrim>(2)), (ByteRange{5, 7}))
      << "two processors trim twice, and count characters";
}

TEST(OffsetTrimming, NeverTurnsARangeAround) {
  EXPECT_EQ(trimmed({5, 7}, {2, 2}, false, kText, kOnce), (ByteRange{7, 7}));
  EXPECT_EQ(trimmed({0, 1}, {0, 2}, false, kText, kOnce), (ByteRange{0, 1}))
      << "more than stands before its end";
}

TEST(OffsetTrimming, KeepsAPrefixSpaceInFront) {
  EXPECT_EQ(trimmed({2, 5}, {1, 0}, true, kText, kKeeping), (ByteRange{2, 5}));
  EXPECT_EQ(trimmed({0, 2}, {1, 0}, false, kText, kKeeping), (ByteRange{0, 2}));
  EXPECT_EQ(trimmed({2, 5}, {1, 0}, false, kText, kKeeping), (ByteRange{3, 5}));
  EXPECT_EQ(trimmed({0, 2}, {2, 0}, true, kText, kKeeping), (ByteRange{2, 2})) << "two were in the text";
  const std::vector<OffsetTrim> behind = {{.keeps_prefix_space = true, .text_comes_first = false}};
  EXPECT_EQ(trimmed({2, 5}, {1, 0}, true, kText, behind), (ByteRange{3, 5}));
}

}  // namespace
}  // namespace transkimmer
