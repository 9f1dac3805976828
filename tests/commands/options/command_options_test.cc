#include "commands/options/command_options.h"

#include <gtest/gtest.h>

#include "commands/program/output.h"

namespace transkimmer::test {
namespace {

EngineOptions parsed(const std::string& arguments) {
  CLI::App app;
  EngineOptions options;
  add_engine_options(app, options);
  app.parse(arguments);
  return options;
}

TEST(EngineOptionsOnTheCommandLine, DefaultsAreThoseOfTheLibrary) {
  const EngineOptions options = parsed("");
  EXPECT_EQ(options.threads, 0);
  EXPECT_TRUE(options.skimming);
  EXPECT_FALSE(options.skim_threshold.has_value());
}

TEST(EngineOptionsOnTheCommandLine, ReachTheLibrary) {
  const EngineOptions options = parsed("--threads 3 --dense --skim-threshold -1.5e-1");
  EXPECT_EQ(options.threads, 3);
  EXPECT_FALSE(options.skimming);
  EXPECT_EQ(options.skim_threshold, -0.15);
}

TEST(Output, FloatsAreWrittenShort) {
  EXPECT_EQ(Json(shortest_decimal(0.1F)).dump(), "0.1");
  EXPECT_EQ(Json(shortest_decimal(1.0F)).dump(), "1.0");
  EXPECT_EQ(static_cast<float>(shortest_decimal(0.333333343F)), 0.333333343F);
}

TEST(Output, ThousandsAreSeparated) {
  EXPECT_EQ(with_separators(0), "0");
  EXPECT_EQ(with_separators(999), "999");
  EXPECT_EQ(with_separators(1000), "1,000");
  EXPECT_EQ(with_separators(1234567), "1,234,567");
}

}  // namespace
}  // namespace transkimmer::test
