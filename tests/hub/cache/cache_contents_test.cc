#include "hub/cache/cache_contents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/cache.h"
#include "hub/cache/file_lock.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

const std::string kOld = "0123456789abcdef0123456789abcdef01234567";
const std::string kNew = "76543210fedcba9876543210fedcba9876543210";

/// A model of which two commits are here, that share their config.json; `main` means the newer.
class CacheOfTwoCommits : public ::testing::Test {
 protected:
  CacheOfTwoCommits() {
    put("config", "{}");
    put("old", std::string(1000, 'o'));
    put("new", std::string(3000, 'n'));
    for (const std::string& commit : {kOld, kNew}) {
      cache_.place(name_, commit, "config.json", "config");
      cache_.place(name_, commit, "model.safetensors", commit == kOld ? "old" : "new");
    }
    cache_.remember_commit(name_, kNew);
  }

  void put(const std::string& etag, const std::string& content) {
    make_directory(cache_.blob(name_, etag).parent_path());
    write_file_atomically(cache_.blob(name_, etag), content);
  }

  TemporaryDirectory root_;
  HubCache cache_{root_.path()};
  ModelName name_ = ModelName::parse("org/name").value();
};

TEST_F(CacheOfTwoCommits, IsListed) {
  make_directory(root_ / "datasets--org--name/snapshots");
  const std::vector<CachedModel> models = cached_models(root_.path());
  ASSERT_EQ(models.size(), 1);
  EXPECT_EQ(models[0].repository, "org/name");
  EXPECT_EQ(models[0].bytes, 4002);
  ASSERT_EQ(models[0].revisions.size(), 2);
  EXPECT_EQ(models[0].revisions[0].commit, kOld);
  EXPECT_THAT(models[0].revisions[0].names, ::testing::IsEmpty());
  EXPECT_EQ(models[0].revisions[0].bytes, 1002);
  EXPECT_THAT(models[0].revisions[1].names, ::testing::ElementsAre("main"));
  EXPECT_EQ(models[0].revisions[1].files, 2);
}

TEST_F(CacheOfTwoCommits, LosesWhatNothingAsksFor) {
  put("left.incomplete", std::string(50, 'x'));
  cache_.note_absent(name_, kOld, "vocab.txt");
  EXPECT_EQ(prune_cache(root_.path(), true).bytes, 1050);
  EXPECT_TRUE(path_exists(cache_.snapshot(name_, kOld)));
  EXPECT_EQ(prune_cache(root_.path(), false).bytes, 1050);
  EXPECT_FALSE(path_exists(cache_.snapshot(name_, kOld)));
  EXPECT_FALSE(path_exists(cache_.blob(name_, "old")));
  EXPECT_FALSE(path_exists(cache_.blob(name_, "left.incomplete")));
  EXPECT_FALSE(cache_.is_absent(name_, kOld, "vocab.txt"));
  EXPECT_EQ(read_file(cache_.snapshot(name_, kNew) / "config.json"), "{}");
  EXPECT_EQ(read_file(cache_.snapshot(name_, kNew) / "model.safetensors").size(), 3000);
  EXPECT_EQ(prune_cache(root_.path(), false).paths.size(), 0);
}

TEST_F(CacheOfTwoCommits, KeepsAllWhileSomebodyFetchesTheModel) {
  const FileLock lock = FileLock::wait_for(cache_.lock_file(name_, "newest"));
  EXPECT_EQ(prune_cache(root_.path(), false).paths.size(), 0);
  EXPECT_TRUE(path_exists(cache_.blob(name_, "old")));
}

TEST(CacheContents, OfNoCacheAreNone) {
  const TemporaryDirectory root;
  EXPECT_EQ(cached_models(root / "none").size(), 0);
  EXPECT_EQ(prune_cache(root / "none", false).bytes, 0);
}

}  // namespace
}  // namespace transkimmer::test
