#include "hub/cache/cache.h"

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

namespace fs = std::filesystem;

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";
const std::string kOther = "76543210fedcba9876543210fedcba9876543210";

ModelName named(const std::string& text) {
  return ModelName::parse(text).value();
}

class Cache : public ::testing::Test {
 protected:
  void put_blob(const HubCache& cache, const ModelName& name, const std::string& etag,
                const std::string& content) {
    make_directory(cache.blob(name, etag).parent_path());
    write_file_atomically(cache.blob(name, etag), content);
  }

  TemporaryDirectory root_;
  HubCache cache_{root_.path()};
  ModelName name_ = named("org/name");
};

TEST_F(Cache, IsLaidOutAsHuggingfaceHubDoes) {
  EXPECT_EQ(cache_.folder(name_), root_ / "models--org--name");
  EXPECT_EQ(cache_.folder(named("old-style")), root_ / "models--old-style");
  EXPECT_EQ(cache_.snapshot(name_, kCommit), root_ / "models--org--name/snapshots" / kCommit);
  EXPECT_EQ(cache_.blob(name_, "abc"), root_ / "models--org--name/blobs/abc");
  EXPECT_EQ(cache_.lock_file(name_, "abc"), root_ / ".locks/models--org--name/abc.lock");
}

TEST_F(Cache, LinksAreRelativeSoThatItCanMove) {
  put_blob(cache_, name_, "abc", "{}");
  cache_.place(name_, kCommit, "config.json", "abc");
  cache_.place(name_, kCommit, "1_Pooling/config.json", "abc");
  const fs::path snapshot = cache_.snapshot(name_, kCommit);
  EXPECT_EQ(fs::read_symlink(snapshot / "config.json"), "../../blobs/abc");
  EXPECT_EQ(fs::read_symlink(snapshot / "1_Pooling/config.json"), "../../../blobs/abc");
  EXPECT_EQ(read_file(snapshot / "1_Pooling/config.json"), "{}");
}

TEST_F(Cache, CopiesWhereLinksAreNotWanted) {
  const HubCache copies(root_.path(), false);
  put_blob(copies, name_, "abc", "{}");
  copies.place(name_, kCommit, "config.json", "abc");
  const fs::path file = copies.snapshot(name_, kCommit) / "config.json";
  EXPECT_FALSE(fs::is_symlink(file));
  EXPECT_EQ(read_file(file), "{}");
}

TEST_F(Cache, ALinkThatLeadsNowhereIsReplaced) {
  put_blob(cache_, name_, "abc", "{}");
  const fs::path file = cache_.snapshot(name_, kCommit) / "config.json";
  make_directory(file.parent_path());
  fs::create_symlink("../../blobs/gone", file);
  cache_.place(name_, kCommit, "config.json", "abc");
  EXPECT_EQ(read_file(file), "{}");
}

TEST_F(Cache, RemembersWhatABranchWas) {
  EXPECT_FALSE(cache_.commit_of(name_));
  cache_.remember_commit(name_, kCommit);
  EXPECT_EQ(cache_.commit_of(name_), kCommit);
  EXPECT_EQ(read_file(root_ / "models--org--name/refs/main"), kCommit);
  cache_.remember_commit(name_, kOther);
  EXPECT_EQ(cache_.commit_of(name_), kOther);
  cache_.remember_commit(named("org/name@refs/pr/1"), kCommit);
  EXPECT_EQ(read_file(root_ / "models--org--name/refs/refs/pr/1"), kCommit);
}

TEST_F(Cache, ACommitMeansItself) {
  EXPECT_EQ(cache_.commit_of(named("org/name@" + kCommit)), kCommit);
  cache_.remember_commit(named("org/name@" + kCommit), kCommit);
  EXPECT_FALSE(path_exists(root_ / "models--org--name/refs"));
}

TEST_F(Cache, ARefThatLeadsOutIsNone) {
  make_directory(root_ / "models--org--name/refs");
  write_file_atomically(root_ / "models--org--name/refs/main", "../../../../etc");
  EXPECT_FALSE(cache_.commit_of(name_));
}

TEST_F(Cache, NotesWhatAModelLacks) {
  EXPECT_FALSE(cache_.is_absent(name_, kCommit, "vocab.txt"));
  cache_.note_absent(name_, kCommit, "vocab.txt");
  EXPECT_TRUE(cache_.is_absent(name_, kCommit, "vocab.txt"));
  EXPECT_EQ(read_file(root_ / "models--org--name/.no_exist" / kCommit / "vocab.txt"), "");
}

TEST_F(Cache, IsMarkedAsOneForBackups) {
  cache_.tag();
  EXPECT_TRUE(read_file(root_ / "CACHEDIR.TAG").starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
}

}  // namespace
}  // namespace transkimmer::test
