// A text with its tokens shaded, as markup.

#include "transkimmer/drawing.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// The markup without its tags: what is read.
std::string words_of(const std::string& html) {
  std::string words;
  bool inside = false;
  for (const char c : html) {
    if (c == '<') inside = true;
    if (!inside && c != '\n') words += c;
    if (c == '>') inside = false;
  }
  return words;
}

std::string drawing_of(std::string_view text, const std::vector<TokenTrace>& tokens, int layers = 4) {
  return skim_drawing({.title = "", .input = {text}, .tokens = tokens, .layers = layers});
}

TEST(Drawing, SaysOfEveryTokenWhereItLeft) {
  const std::string html = drawing_of("a film", {{.token = "a", .begin = 0, .end = 1, .skimmed_at = 1},
                                                 {.token = "film", .begin = 2, .end = 6, .skimmed_at = 4}});
  EXPECT_THAT(html,
              HasSubstr("title=\"left before layer 2 of 4\" aria-label=\"a: left before layer 2 of 4\">a<"));
  EXPECT_THAT(html, HasSubstr("aria-label=\"film: went through all 4 layers\">film<"));
  EXPECT_EQ(words_of(html), "a film");
}

TEST(Drawing, ShadesMoreTheMoreLayersATokenWentThrough) {
  for (const int layers : {1, 3, 12, 24}) {
    int before = -1;
    for (int at = 0; at <= layers; ++at) {
      const std::string html =
          drawing_of("a", {{.token = "a", .begin = 0, .end = 1, .skimmed_at = at}}, layers);
      const int shade = html[html.find("skim-", html.find("<span")) + 5] - '0';
      EXPECT_GE(shade, before) << at << " of " << layers;
      EXPECT_EQ(shade == 8, at == layers) << "only what stayed is darkest";
      before = shade;
    }
  }
}

TEST(Drawing, MakesNoMarkupOfTexts) {
  const std::string evil = "<script>\"a\"&'b'</script>\x01\xFF\xE2\x80\xAE";
  const std::string html =
      skim_drawing({.title = evil,
                    .input = {evil, evil},
                    .tokens = std::vector<TokenTrace>{{.token = "<b onclick=\"\">", .skimmed_at = 0},
                                                      {.token = "x", .begin = 0, .end = 8, .skimmed_at = 2}},
                    .layers = 2});
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<b ")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("&lt;b onclick=&quot;&quot;&gt;"));
  EXPECT_THAT(html, HasSubstr("\\u0001\xEF\xBF\xBD\\u202e"));
}

TEST(Drawing, ShowsTheTextAsItIsAndSpecialTokensBesideIt) {
  const std::vector<TokenTrace> tokens = {{.token = "[CLS]", .skimmed_at = 4},
                                          {.token = "ab", .begin = 0, .end = 2, .skimmed_at = 0},
                                          {.token = "##b", .begin = 1, .end = 3, .skimmed_at = 1},
                                          {.token = "[SEP]", .skimmed_at = 4}};
  EXPECT_EQ(words_of(drawing_of("abc  and what was cut", tokens)), "[CLS]abc[SEP]  and what was cut");
  EXPECT_THAT(drawing_of("abc  and what was cut", tokens), HasSubstr("class=\"skim-rest\""));
  EXPECT_THAT(drawing_of("abc \n", tokens), Not(HasSubstr("class=\"skim-rest\"")));
}

TEST(Drawing, PutsThePairInParagraphsOfItsOwn) {
  const std::vector<TokenTrace> tokens = {{.token = "a", .begin = 0, .end = 1},
                                          {.token = "b", .begin = 0, .end = 1, .second = true}};
  const std::string html = skim_drawing({.title = "yes", .input = {"a", "b"}, .tokens = tokens, .layers = 1});
  EXPECT_EQ(words_of(html), "yesab");
  EXPECT_GT(html.find(">b<"), html.find("</p>", html.find(">a<")));
}

TEST(Drawing, RefusesTokensOfAnotherText) {
  EXPECT_THROW(drawing_of("a", {{.token = "film", .begin = 0, .end = 4}}), UsageError);
  EXPECT_THROW(drawing_of("film", {{.token = "film", .begin = 3, .end = 2}}), UsageError);
  EXPECT_THROW(drawing_of("a", {}, 0), UsageError);
}

TEST(Drawing, DrawsWhatAClassifierTraces) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  const auto classifier = Classifier::load(directory.path(), {.threads = 1});
  const std::string text = "a charming journey ,\xC3\xA9 flat";
  const auto result = classifier.classify({{text}}, {.trace_tokens = true}).front();
  const std::string html = drawing_of(text, result.tokens, classifier.layers());
  EXPECT_EQ(words_of(html), "[CLS]" + text + "[SEP]");
  EXPECT_THAT(html, HasSubstr("left before layer"));
}

}  // namespace
}  // namespace transkimmer::test
