#include "hub/names/model_name.h"

#include <gtest/gtest.h>

namespace transkimmer::test {
namespace {

TEST(ModelNames, HaveARepositoryAndARevision) {
  const auto name = ModelName::parse("sentence-transformers/all-MiniLM-L6-v2@refs/pr/21");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->repository(), "sentence-transformers/all-MiniLM-L6-v2");
  EXPECT_EQ(name->revision(), "refs/pr/21");
  EXPECT_EQ(name->text(), "sentence-transformers/all-MiniLM-L6-v2@refs/pr/21");
}

TEST(ModelNames, MeanTheMainBranchByThemselves) {
  for (const char* const text : {"bert-base-uncased", "org/name", "_a/b_", "a/B.c-d_9"}) {
    const auto name = ModelName::parse(text);
    ASSERT_TRUE(name) << text;
    EXPECT_EQ(name->repository(), text);
    EXPECT_EQ(name->revision(), "main");
    EXPECT_EQ(name->text(), text);
  }
}

class NoModelName : public ::testing::TestWithParam<std::string> {};

TEST_P(NoModelName, IsTaken) {
  EXPECT_FALSE(ModelName::parse(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Texts, NoModelName,
                         ::testing::Values("", "/a", "a/", "a/b/c", "../a", "a/..", "a..b", ".a", "a.", "-a",
                                           "a-", "a--b", "a/b.git", "a b", "a\\b", "a/b@", "a/b@..",
                                           "a/b@../c", "a/b@x//y", "a/b@/x", "a/b@x y", "a/b@x:y", "a/b@x\n",
                                           "a/b@c@d^", std::string("a\0b", 3), std::string(97, 'a'),
                                           "\xC3\xA4/b"));

TEST(CommitHashes, AreWhole) {
  EXPECT_TRUE(is_commit_hash("0123456789abcdef0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit_hash("0123456789abcdef0123456789abcdef0123456"));
  EXPECT_FALSE(is_commit_hash("0123456789ABCDEF0123456789abcdef01234567"));
  EXPECT_FALSE(is_commit_hash("main"));
}

TEST(PathsOfTheHub, StayBelowTheirFolder) {
  for (const char* const path : {"config.json", "1_Pooling/config.json", ".gitattributes", "a/b/c d"})
    EXPECT_TRUE(stays_below(path)) << path;
  for (const char* const path :
       {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "a\\..\\b", "a\nb", "."})
    EXPECT_FALSE(stays_below(path)) << path;
}

}  // namespace
}  // namespace transkimmer::test
