#include "hub/cache/data_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/file_lock.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

const DataSource kSource = {.files = {{.name = "a.zip", .addresses = {"https://a.example/a.zip"}}}};

TEST(DataCaches, KeepSourcesOfOneNameApart) {
  const DataCache cache("root");
  DataSource other = kSource;
  other.files[0].addresses = {"https://b.example/a.zip"};
  EXPECT_NE(cache.folder("task", kSource), cache.folder("task", other));
  EXPECT_EQ(cache.folder("task", kSource).parent_path(), "root");
}

TEST(DataCaches, ListWhatTheyHold) {
  const TemporaryDirectory root;
  EXPECT_TRUE(cached_data(root / "none").empty());
  const DataCache cache(root.path());
  for (const char* const name : {"sst-2", "mrpc"}) make_directory(cache.folder(name, kSource) / "folder");
  write_file_atomically(cache.folder("sst-2", kSource) / "folder/a.tsv", "12345");
  write_file_atomically(cache.folder("sst-2", kSource) / "b.tsv", "123");
  make_directory(cache.downloads("rte", kSource));
  const std::vector<CachedData> all = cached_data(root.path());
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all[0].name, "mrpc");
  EXPECT_EQ(all[1].name, "sst-2");
  EXPECT_EQ(all[1].files, 2);
  EXPECT_EQ(all[1].bytes, 8);
  EXPECT_EQ(all[1].folder, cache.folder("sst-2", kSource));
}

TEST(DataCaches, PruneWhatBrokenFetchesLeft) {
  const TemporaryDirectory root;
  const DataCache cache(root.path());
  const auto download = cache.downloads("rte", kSource);
  const auto unpacking = cache.unpacking("rte", kSource);
  for (const auto& folder : {download, unpacking, cache.folder("sst2", kSource)}) {
    make_directory(folder);
    write_file_atomically(folder / "file", "1234");
  }
  EXPECT_EQ(prune_data(root.path(), true).bytes, 8);
  EXPECT_TRUE(path_exists(download / "file"));
  {
    const FileLock other = FileLock::wait_for(cache.lock_file("rte", kSource));
    EXPECT_TRUE(prune_data(root.path(), false).paths.empty()) << "it is being fetched";
  }
  EXPECT_THAT(prune_data(root.path(), false).paths, ::testing::ElementsAre(download, unpacking));
  EXPECT_FALSE(path_exists(download));
  EXPECT_FALSE(path_exists(unpacking));
  EXPECT_TRUE(path_exists(cache.folder("sst2", kSource) / "file"));
}

}  // namespace
}  // namespace transkimmer::test
