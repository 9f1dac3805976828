#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "datasets/tasks.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

void write_review(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  write_file_atomically(path, text);
}

std::string error_of(const fs::path& directory) {
  try {
    load_task(find_task("imdb"), directory, Split::train);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Imdb, ReadsTheTreeInOrderOfNames) {
  const test::TemporaryDirectory directory;
  const fs::path tree = directory / "aclImdb/test";
  write_review(tree / "pos/2_10.txt", "great");
  write_review(tree / "neg/9_1.txt", "bad");
  write_review(tree / "neg/10_2.txt", "worse");
  write_review(tree / "neg/notes.html", "not a review");
  write_review(tree / "pos/._2_10.txt", "what macOS keeps beside files on other volumes");
  // dev is test: the data set has no dev split of its own.
  for (const Split split : {Split::test, Split::dev}) {
    for (const fs::path& root : {directory.path(), directory / "aclImdb"}) {
      const auto dataset = load_task(find_task("imdb"), root, split);
      ASSERT_EQ(dataset.examples.size(), 3U);
      EXPECT_EQ(dataset.examples[0].text, "worse");
      EXPECT_EQ(dataset.examples[1].text, "bad");
      EXPECT_EQ(dataset.examples[2].text, "great");
      EXPECT_EQ(dataset.examples[0].label, 0.0);
      EXPECT_EQ(dataset.examples[2].label, 1.0);
      EXPECT_EQ(dataset.labels, (std::vector<std::string>{"neg", "pos"}));
    }
  }
}

TEST(Imdb, ReadsJsonLines) {
  const test::TemporaryDirectory directory;
  write_file_atomically(directory / "train.jsonl",
                        "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":\"neg\"}\n");
  const auto dataset = load_task(find_task("imdb"), directory.path(), Split::train);
  EXPECT_EQ(dataset.examples[0].label, 1.0);
  EXPECT_EQ(dataset.examples[1].label, 0.0);
}

TEST(Imdb, SaysHowToUnpackTheArchive) {
  const test::TemporaryDirectory directory;
  const std::string root = directory.path().string();
  write_file_atomically(directory / "aclImdb.tar.xz", "packed");
  EXPECT_EQ(error_of(directory.path()), root + "/aclImdb.tar.xz: is still packed; unpack it with: tar -C " +
                                            root + " -xf " + root + "/aclImdb.tar.xz");
}

TEST(Imdb, SaysWhatItLookedFor) {
  const test::TemporaryDirectory directory;
  const std::string root = directory.path().string();
  EXPECT_EQ(
      error_of(directory.path()),
      root + ": has neither train.jsonl nor train/pos and train/neg, also not in aclImdb or imdb below it");
  EXPECT_EQ(error_of(directory / "none"), root + "/none: no such directory");
  write_review(directory / "train/pos/1_9.txt", "fine");
  EXPECT_EQ(error_of(directory.path()),
            root + "/train/neg: cannot list the directory: No such file or directory");
  fs::create_directories(directory / "train/neg");
  EXPECT_EQ(error_of(directory.path()), root + "/train/neg: has no .txt files, expected one per review");
}

}  // namespace
}  // namespace transkimmer
