#include "report/chart.h"

#include <array>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/xml.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ChartPanel panel_of(const std::vector<ChartSeries>& series, bool logarithmic = false) {
  return {{.label = "x", .logarithmic = logarithmic}, {.label = "y"}, series};
}

std::string drawn(const ChartPanel& panel) {
  return chart_svg("title", std::array{panel});
}

/// The horizontal places of the points, in their order.
std::vector<double> places(const std::string& svg) {
  std::vector<double> places;
  const std::string before = "<circle class=\"point\" cx=\"";
  for (std::size_t at = svg.find(before); at != svg.npos; at = svg.find(before, at + 1))
    places.push_back(std::stod(svg.substr(at + before.size(), 12)));
  return places;
}

TEST(Chart, IsWellFormedXmlWithEveryPointOfEveryPanel) {
  const std::vector<ChartSeries> series = {{"one", {{1, 2, "a"}, {3, 4, "b"}}}, {"two", {{5, 6, "c"}}}};
  const std::string svg = chart_svg("title", std::array{panel_of(series), panel_of(series, true)});
  EXPECT_EQ(test::xml_error(svg), "");
  EXPECT_EQ(test::count_of(svg, "<circle class=\"point\""), 6);
  EXPECT_EQ(test::count_of(svg, "<polyline "), 4);
  EXPECT_EQ(test::count_of(svg, ">two</text>"), 1) << "one legend for all panels";
}

TEST(Chart, NamesMayHoldAnything) {
  const std::string svg =
      drawn(panel_of({{"<a> & \"b\"\n\x1b \xff", {{1, 1, "'<'"}}}, {"\xc3\xa4", {{1, 2, ""}}}}));
  EXPECT_EQ(test::xml_error(svg), "");
  EXPECT_THAT(svg, HasSubstr("&lt;a&gt; &amp; &quot;b&quot;\\n\\u001b \xef\xbf\xbd"));
  EXPECT_THAT(svg, HasSubstr("\xc3\xa4"));
}

TEST(Chart, ALogarithmicAxisPutsEqualRatiosAtEqualDistances) {
  const std::vector<ChartSeries> series = {{"s", {{1, 0, ""}, {10, 0, ""}, {100, 0, ""}}}};
  const auto logarithmic = places(drawn(panel_of(series, true)));
  ASSERT_EQ(logarithmic.size(), 3U);
  EXPECT_NEAR(logarithmic[1] - logarithmic[0], logarithmic[2] - logarithmic[1], 0.2);
  const auto linear = places(drawn(panel_of(series)));
  EXPECT_NEAR((linear[2] - linear[0]) / (linear[1] - linear[0]), 11, 0.1);
}

TEST(Chart, AnAxisFromZeroShowsItsZero) {
  ChartPanel panel = panel_of({{"s", {{90, 0, ""}, {100, 1, ""}}}});
  EXPECT_THAT(drawn(panel), Not(HasSubstr(">20</text>")));
  panel.x.from_zero = true;
  EXPECT_THAT(drawn(panel), HasSubstr(">20</text>"));
  EXPECT_THAT(drawn(panel), HasSubstr(">0</text>"));
}

TEST(Chart, TheMarkedPointIsRingedAndNamed) {
  const std::string svg = drawn(panel_of({{"s", {{1, 1, "", true}, {2, 2, ""}}}}));
  EXPECT_EQ(test::count_of(svg, "<circle class=\"ring\""), 1);
  EXPECT_EQ(test::count_of(svg, ">dense</text>"), 1);
}

TEST(Chart, EqualValuesStandInTheMiddle) {
  const auto at = places(drawn(panel_of({{"s", {{5, 5, ""}}}})));
  ASSERT_EQ(at.size(), 1U);
  EXPECT_EQ(test::xml_error(drawn(panel_of({{"s", {{0, 0, ""}}}}))), "");
  EXPECT_THAT(drawn(panel_of({{"s", {{0, 0, ""}}}})), Not(HasSubstr("nan")));
}

TEST(Chart, RefusesWhatItCannotShow) {
  EXPECT_THROW(chart_svg("t", {}), UsageError);
  EXPECT_THROW(drawn(panel_of({})), UsageError);
  EXPECT_THROW(drawn(panel_of({{"s", {{0, 1, ""}}}}, true)), UsageError);
  EXPECT_THROW(drawn(panel_of({{"s", {{1, std::numeric_limits<double>::infinity(), ""}}}})), UsageError);
}

}  // namespace
}  // namespace transkimmer
