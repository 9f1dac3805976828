#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "datasets/documents.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

class NewsgroupsTree : public ::testing::Test {
 protected:
  NewsgroupsTree() {
    for (const std::string part : {"20news-bydate-train", "20news-bydate-test"})
      for (const std::string& group : task_.labels)
        write(part + "/" + group + "/1", "From: a\n\n" + part + " " + group);
    write("20news-bydate-train/sci.space/2", "caf\xE9\n");
  }
  void write(const std::string& path, const std::string& text) {
    make_directory((root_ / path).parent_path());
    write_file_atomically(root_ / path, text);
  }

  TemporaryDirectory root_;
  Task task_ = find_task("20news");
};

TEST_F(NewsgroupsTree, IsReadGroupByGroup) {
  for (const std::filesystem::path& place : {root_.path(), std::filesystem::path(root_.path() / ".")}) {
    const Dataset train = load_task(task_, place, Split::train);
    ASSERT_EQ(train.examples.size(), 21);
    EXPECT_EQ(train.examples[0].text, "From: a\n\n20news-bydate-train alt.atheism");
    EXPECT_EQ(train.examples[0].label, 0.0);
    EXPECT_EQ(train.examples[15].text, "caf\xC3\xA9\n") << "ISO 8859-1, as UTF-8";
    EXPECT_EQ(train.examples[15].label, 14.0);
    EXPECT_EQ(train.examples[20].label, 19.0);
  }
}

TEST_F(NewsgroupsTree, HasNoDevSplitButItsTest) {
  for (const Split split : {Split::dev, Split::test}) {
    const Dataset dataset = load_task(task_, root_.path(), split);
    ASSERT_EQ(dataset.examples.size(), 20);
    EXPECT_THAT(dataset.examples[3].text,
                ::testing::HasSubstr("20news-bydate-test comp.sys.ibm.pc.hardware"));
  }
}

TEST_F(NewsgroupsTree, GivesWayToJsonLines) {
  write("dev.jsonl", "{\"text\": \"a\", \"label\": 3}\n");
  EXPECT_EQ(load_task(task_, root_.path(), Split::dev).examples.size(), 1);
}

TEST_F(NewsgroupsTree, HasAllGroups) {
  remove_recursively(root_ / "20news-bydate-test/sci.med");
  EXPECT_THROW(load_task(task_, root_.path(), Split::test), Error);
  remove_recursively(root_ / "20news-bydate-test");
  try {
    load_task(task_, root_.path(), Split::test);
    FAIL() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("has neither test.jsonl nor 20news-bydate-test"));
  }
}

}  // namespace
}  // namespace transkimmer::test
