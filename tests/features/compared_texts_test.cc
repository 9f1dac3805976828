#include "features/compared_texts.h"

#include <string>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

TEST(SingleTexts, AreFirstOnesThenSecondOnesEachBehindThePrompt) {
  const Dataset pairs = {.examples = {{.text = "a", .text_pair = "b"}, {.text = "c", .text_pair = "d"}},
                         .labels = {},
                         .origin = "pairs.csv"};
  const Dataset singles = single_texts(pairs, "query: ");
  ASSERT_EQ(singles.examples.size(), 4U);
  const std::string expected[] = {"query: a", "query: c", "query: b", "query: d"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(singles.examples[i].text, expected[i]);
    EXPECT_FALSE(singles.examples[i].text_pair);
  }
  EXPECT_EQ(singles.origin, "pairs.csv");
}

}  // namespace
}  // namespace transkimmer
