#include "text/normalization/normalizer.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings/utf8.h"
#include "text/normalization/sample_map.h"

namespace transkimmer {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

AlignedText normalized(const std::string& text, const Normalizer& normalizer) {
  AlignedText aligned;
  AlignedText spare;
  aligned.assign(text, 0);
  normalizer.apply(aligned, spare);
  return aligned;
}

/// Each character with what it stands for in the original.
std::vector<std::pair<std::string, std::string>> alignment(const std::string& text,
                                                           const Normalizer& normalizer) {
  const AlignedText aligned = normalized(text, normalizer);
  EXPECT_EQ(aligned.origin.size(), aligned.text.size());
  std::vector<std::pair<std::string, std::string>> pairs;
  for (std::size_t at = 0; at < aligned.text.size();) {
    const std::size_t length = decode_utf8(aligned.text, at).length;
    const ByteRange range = aligned.origin_of(at, at + length);
    pairs.emplace_back(aligned.text.substr(at, length), text.substr(range.begin, range.end - range.begin));
    at += length;
  }
  return pairs;
}

using Pair = std::pair<std::string, std::string>;

TEST(Normalizers, FormsOfUnicodeKeepTrackOfCharacters) {
  EXPECT_THAT(alignment("\u00E9x", *normal_form(NormalForm::nfd)),
              ElementsAre(Pair{"e", "\u00E9"}, Pair{"\u0301", "\u00E9"}, Pair{"x", "x"}));
  EXPECT_THAT(alignment("e\u0301x", *normal_form(NormalForm::nfc)),
              ElementsAre(Pair{"\u00E9", "e"}, Pair{"x", "x"}));
  EXPECT_THAT(alignment("\uFB01\u00BD", *normal_form(NormalForm::nfkc)),
              ElementsAre(Pair{"f", "\uFB01"}, Pair{"i", "\uFB01"}, Pair{"1", "\u00BD"},
                          Pair{"\u2044", "\u00BD"}, Pair{"2", "\u00BD"}));
  EXPECT_EQ(normalized("\u1100\u1161\u11A8", *normal_form(NormalForm::nfc)).text, "\uAC01");
  EXPECT_EQ(normalized("\uAC01", *normal_form(NormalForm::nfkd)).text, "\u1100\u1161\u11A8");
  EXPECT_EQ(normalized("a\u0301\u0323", *normal_form(NormalForm::nfc)).text, "\u1EA1\u0301");
}

TEST(Normalizers, StripTakesWhiteSpaceFromTheSidesThatAreChosen) {
  EXPECT_EQ(normalized(" \u3000a b\t", *strip(true, true)).text, "a b");
  EXPECT_EQ(normalized(" a ", *strip(false, true)).text, " a");
  EXPECT_EQ(normalized(" a ", *strip(true, false)).text, "a ");
  EXPECT_EQ(normalized(" \n ", *strip(true, true)).text, "");
  EXPECT_THAT(alignment("  a", *strip(true, false)), ElementsAre(Pair{"a", "a"}));
}

TEST(Normalizers, PrependStandsForTheFirstCharacter) {
  EXPECT_THAT(alignment("\u00E9x", *prepend("_")),
              ElementsAre(Pair{"_", "\u00E9"}, Pair{"\u00E9", "\u00E9"}, Pair{"x", "x"}));
  EXPECT_EQ(normalized("", *prepend("_")).text, "");
}

TEST(Normalizers, ReplaceStandsForTheLastCharacterOfAMatch) {
  EXPECT_THAT(alignment("a  b", *replace(Pattern::regular_expression(" {2,}"), "_")),
              ElementsAre(Pair{"a", "a"}, Pair{"_", " "}, Pair{"b", "b"}));
  EXPECT_EQ(normalized("abab", *replace(Pattern::plain("b"), "")).text, "aa");
  EXPECT_EQ(normalized("ab", *replace(Pattern::plain(""), "-")).text, "-a-b-");
}

TEST(Normalizers, CharactersAreDroppedAndChangedOneByOne) {
  EXPECT_EQ(normalized("a\x01\tb\u200Bc\uFEFF", *nmt()).text, "a b c ");
  EXPECT_EQ(normalized("e\u0301\u0903x", *strip_accents()).text, "ex");
  EXPECT_EQ(normalized("\u0130A\u03A3", *lowercase()).text, "i\u0307a\u03C3");
  EXPECT_EQ(normalized(" \u00E9", *byte_level()).text, "\u0120\u00C3\u00A9");
}

TEST(Normalizers, BertsStepsDoAsItsOnePassDoes) {
  Normalizers steps;
  add_bert_steps({}, steps);
  const std::string text = "\u00C9t\u00E9 \x01\u65E5\t\u0130\u0344 x\u0323\u0307";
  AlignedText aligned;
  AlignedText spare;
  aligned.assign(text, 0);
  for (const auto& step : steps) step->apply(aligned, spare);
  NormalizedText one_pass;
  BertNormalizer({}).normalize(text, 0, one_pass);
  ASSERT_EQ(aligned.text, one_pass.text());
  for (std::size_t i = 0; i < aligned.text.size(); ++i)
    EXPECT_EQ(aligned.origin_of(i, i + 1), one_pass.origin(i, i + 1)) << i;
}

class Precompiled : public testing::Test {
 protected:
  std::unique_ptr<const Normalizer> map_ =
      precompiled(*CharacterMap::parse(test::map_of_bytes({{'a', "xyz"}, {'b', ""}, {0xC3, "e"}})));
};

TEST_F(Precompiled, AClusterOfFewBytesBecomesWhatItsBeginningDoes) {
  EXPECT_EQ(normalized("a\u0301c", *map_).text, "xyzc") << "the mark is lost";
  EXPECT_EQ(normalized("a\u0301\u0302\u0303c", *map_).text, "xyz\u0301\u0302\u0303c")
      << "but not of a long one";
}

TEST_F(Precompiled, WhatIsMoreStandsForItsPredecessor) {
  EXPECT_THAT(alignment("ca", *map_),
              ElementsAre(Pair{"c", "c"}, Pair{"x", "a"}, Pair{"y", "a"}, Pair{"z", "a"}));
  EXPECT_THAT(alignment("cbd", *map_), ElementsAre(Pair{"c", "c"}, Pair{"d", "d"}));
}

TEST_F(Precompiled, WhatIsDroppedBeforeAllOthersMovesTheirPlaces) {
  EXPECT_THAT(alignment("bcd", *map_), ElementsAre(Pair{"c", "b"}, Pair{"d", "c"}));
  EXPECT_THAT(alignment("bbb", *map_), IsEmpty());
}

TEST_F(Precompiled, WhatIsNoKeyStays) {
  const std::string text = "cde \u00FC\u4E00";
  EXPECT_EQ(normalized(text.substr(0, 4), *map_).text, text.substr(0, 4));
  EXPECT_EQ(normalized("\u4E00\r\n", *map_).text, "\u4E00\r\n");
}

}  // namespace
}  // namespace transkimmer
