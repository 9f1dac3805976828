#include "report/profile_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace transkimmer {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Two threads for 10 ms, in two passes: 12 of the 20 thread milliseconds in a product of 1.2 G operations.
Profile example() {
  Profile profile;
  profile.threads = 2;
  profile.seconds = 0.010;
  profile.operations.of(Operation::feed_forward_in) = {0.012, 600'000'000};
  profile.operations.of(Operation::layer_norm) = {0.003, 0};
  return profile;
}

TEST(ProfileReport, ShowsTimeShareAndRateOfEachOperation) {
  const std::string table = profile_table(example(), 2);
  EXPECT_THAT(table, HasSubstr("feed-forward in              3.000   60.0 %       200\n"));
  EXPECT_THAT(table, HasSubstr("residual, LayerNorm          0.750   15.0 %          \n"));
}

TEST(ProfileReport, WhatIsLeftIsWaiting) {
  EXPECT_THAT(profile_table(example(), 2), HasSubstr("waiting, sharing out         1.250   25.0 %"));
}

TEST(ProfileReport, TheLastRowIsTheWholePass) {
  EXPECT_THAT(profile_table(example(), 2),
              HasSubstr("all                          5.000  100.0 %       120\n"));
}

TEST(ProfileReport, LeavesOutWhatTookNoTime) {
  EXPECT_THAT(profile_table(example(), 2), Not(HasSubstr("quantisation")));
}

TEST(ProfileReport, JsonHasTheSameNumbers) {
  const auto json = as_json(example(), 2);
  ASSERT_EQ(json.size(), 4U);
  EXPECT_EQ(json[0]["operation"], "feed-forward in");
  EXPECT_DOUBLE_EQ(json[0]["milliseconds"], 3);
  EXPECT_DOUBLE_EQ(json[0]["share"], 0.6);
  EXPECT_DOUBLE_EQ(json[0]["gflops"], 200);
  EXPECT_FALSE(json[1].contains("gflops"));
}

}  // namespace
}  // namespace transkimmer
