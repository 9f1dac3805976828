#include "hub/online/answers.h"

#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using std::chrono::milliseconds;

HttpAnswer busy(const std::string& retry_after) {
  return {.status = 429, .headers = {{"retry-after", retry_after}}};
}

/// As HTTP writes dates.
std::string date_in(std::time_t seconds) {
  const std::time_t then = std::time(nullptr) + seconds;
  char text[64];
  std::tm parts = {};
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&then, &parts));
  return text;
}

milliseconds pause(int attempt, const HttpAnswer& answer) {
  return pause_before(attempt, answer,
                      {.first_pause = milliseconds(100), .longest_pause = milliseconds(60'000)},
                      "https://data.example");
}

TEST(Pauses, AreThoseThatTheServerAsksFor) {
  EXPECT_EQ(pause(1, busy("0")), milliseconds(0));
  EXPECT_EQ(pause(1, busy("7")), milliseconds(7000));
}

TEST(Pauses, MayBeAskedForByADate) {
  EXPECT_GE(pause(1, busy(date_in(30))), milliseconds(28'000));
  EXPECT_LE(pause(1, busy(date_in(30))), milliseconds(30'000));
  EXPECT_EQ(pause(1, busy(date_in(-100))), milliseconds(0)) << "that time is past";
}

TEST(Pauses, AreNeverAsLongAsSomeServersWouldHave) {
  for (const std::string& far : {std::string("3600"), date_in(3600)}) {
    try {
      pause(1, busy(far));
      FAIL() << "nothing was thrown for " << far;
    } catch (const IoError& error) {
      EXPECT_THAT(error.what(), ::testing::StartsWith("https://data.example: asks to wait 3"));
    }
  }
}

TEST(Pauses, DoubleOtherwise) {
  for (const std::string text : {"", "soon", "-1"}) {
    EXPECT_EQ(pause(1, busy(text)), milliseconds(100)) << text;
    EXPECT_EQ(pause(3, busy(text)), milliseconds(400)) << text;
    EXPECT_EQ(pause(40, busy(text)), milliseconds(60'000)) << text;
  }
}

TEST(WebPages, AreNoAnswers) {
  EXPECT_THROW(
      require_no_web_page({.headers = {{"content-type", "text/html; charset=utf-8"}}}, "http://a/", "x"),
      FormatError);
  EXPECT_THROW(require_no_web_page({.body = "  <html>"}, "http://a/", "x"), FormatError);
  EXPECT_NO_THROW(require_no_web_page({.body = "{}"}, "http://a/", "x"));
}

}  // namespace
}  // namespace transkimmer::test
