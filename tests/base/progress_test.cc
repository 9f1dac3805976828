#include "base/progress.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A progress line on a string, with a clock that stands still until told.
struct Fixture {
  std::chrono::steady_clock::time_point now{seconds(1000)};
  std::ostringstream out;

  ProgressOptions options(bool terminal, std::int64_t total = 100) {
    return {.total = total, .title = "train", .terminal = terminal, .now = [this] { return now; }};
  }
};

TEST(ProgressLine, ShowsPercentRateAndTimeLeft) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(false));
  fixture.now += seconds(20);
  line.update(25, "loss 0.31  kept 0.42");
  EXPECT_EQ(fixture.out.str(), "train   25%  25/100  1.2 steps/s  1 min 00 s left  loss 0.31  kept 0.42\n");
}

TEST(ProgressLine, AddsALineToALogAtMostEveryTenSeconds) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(false));
  for (int step = 1; step <= 40; ++step) {
    fixture.now += seconds(1);
    line.update(step);
  }
  EXPECT_EQ(fixture.out.str(),
            "train   10%  10/100  1 steps/s  1 min 30 s left\n"
            "train   20%  20/100  1 steps/s  1 min 20 s left\n"
            "train   30%  30/100  1 steps/s  1 min 10 s left\n"
            "train   40%  40/100  1 steps/s  1 min 00 s left\n");
}

TEST(ProgressLine, RewritesOneTerminalLineAtMostFiveTimesASecond) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(true));
  for (int step = 1; step <= 10; ++step) {
    fixture.now += milliseconds(100);
    line.update(step);
  }
  const std::string text = fixture.out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 5);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.substr(text.rfind('\r')), "\r\x1b[Ktrain    9%  9/100  10 steps/s  10 s left");
}

TEST(ProgressLine, NeverWrapsOnTheTerminal) {
  Fixture fixture;
  ProgressOptions options = fixture.options(true);
  options.columns = 20;
  ProgressLine line(fixture.out, options);
  line.update(1, std::string(100, 'x'));
  EXPECT_EQ(fixture.out.str(), "\r\x1b[Ktrain    1%  1/100 ");
}

TEST(ProgressLine, FinishShowsTheLastUpdateAndTheTimeItTook) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(false));
  fixture.now += seconds(4);
  line.update(100, "loss 0.1");
  line.finish();
  line.finish();
  line.update(100, "late");
  EXPECT_EQ(fixture.out.str(), "train  100%  100/100  25 steps/s  in 4 s  loss 0.1\n");
}

TEST(ProgressLine, LeavesNothingOfTheTerminalLineWhereOtherTextComes) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(true));
  line.update(0);
  line.interrupt_line();
  line.interrupt_line();
  EXPECT_EQ(fixture.out.str(), "\r\x1b[Ktrain    0%  0/100\r\x1b[K");
}

TEST(ProgressLine, ShowsNoRateWithoutAUnit) {
  Fixture fixture;
  ProgressOptions options = fixture.options(false);
  options.unit = "";
  ProgressLine line(fixture.out, options);
  fixture.now += seconds(20);
  line.update(50);
  line.finish();
  EXPECT_EQ(fixture.out.str(), "train   50%  50/100  20 s left\ntrain   50%  50/100  in 20 s\n");
}

TEST(ProgressLine, CountsOnlyTheStepsOfThisRunInTheRate) {
  Fixture fixture;
  ProgressOptions options = fixture.options(false);
  options.first_step = 50;
  ProgressLine line(fixture.out, options);
  fixture.now += seconds(10);
  line.update(60);
  EXPECT_EQ(fixture.out.str(), "train   60%  60/100  1 steps/s  40 s left\n");
}

TEST(ProgressLine, DoesWithoutATotal) {
  Fixture fixture;
  ProgressLine line(fixture.out, fixture.options(false, 0));
  fixture.now += seconds(10);
  line.update(1234);
  EXPECT_EQ(fixture.out.str(), "train  1234 steps  123 steps/s\n");
}

TEST(ProgressLine, EndsAnUnfinishedLine) {
  Fixture fixture;
  {
    ProgressLine line(fixture.out, fixture.options(true));
    line.update(1);
  }
  EXPECT_EQ(fixture.out.str(), "\r\x1b[Ktrain    1%  1/100\n");
}

TEST(DurationText, ReadsLikeAPersonSaysIt) {
  EXPECT_EQ(duration_text(seconds(0)), "0 s");
  EXPECT_EQ(duration_text(milliseconds(46'100)), "47 s");
  EXPECT_EQ(duration_text(seconds(200)), "3 min 20 s");
  EXPECT_EQ(duration_text(seconds(7500)), "2 h 05 min");
}

}  // namespace
}  // namespace transkimmer
