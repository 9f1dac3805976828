#include "datasets/mrpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

class PublishedMrpc : public ::testing::Test {
 protected:
  PublishedMrpc() {
    write("msr_paraphrase_train.txt",
          "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n"
          "1\t11\t12\tOne \"quote .\tTwo .\r\n"
          "0\t21\t22\tThree .\tFour .\r\n"
          "1\t31\t32\tFive .\tSix .\r\n");
    write("msr_paraphrase_test.txt",
          "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t41\t42\tSeven .\tEight .\n");
    write("mrpc_dev_ids.tsv", "21\t22\n31\t99\n");
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(root_ / name, text); }
  Dataset load(Split split) { return load_task(find_task("mrpc"), root_.path(), split); }

  TemporaryDirectory root_;
};

TEST_F(PublishedMrpc, HasTheListedPairsAsItsDevSplit) {
  const Dataset train = load(Split::train);
  ASSERT_EQ(train.examples.size(), 2);
  EXPECT_EQ(train.examples[0].text, "One \"quote .");
  EXPECT_EQ(train.examples[0].label, 1.0);
  EXPECT_EQ(train.examples[1].text_pair, "Six .") << "both numbers of a pair count";
  const Dataset dev = load(Split::dev);
  ASSERT_EQ(dev.examples.size(), 1);
  EXPECT_EQ(dev.examples[0].text, "Three .");
  EXPECT_EQ(dev.examples[0].label, 0.0);
}

TEST_F(PublishedMrpc, HasLabelsInItsTestSplit) {
  const Dataset test = load(Split::test);
  EXPECT_TRUE(test.labelled);
  ASSERT_EQ(test.examples.size(), 1);
  EXPECT_EQ(test.examples[0].text_pair, "Eight .");
}

TEST_F(PublishedMrpc, GivesWayToGluesFiles) {
  write("train.tsv", "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\ta\tb\n");
  EXPECT_EQ(load(Split::train).examples[0].text, "a");
}

TEST_F(PublishedMrpc, SaysWhatIsWrongWithTheList) {
  const auto failure = [&](const std::string& list) -> std::string {
    write("mrpc_dev_ids.tsv", list);
    try {
      load(Split::dev);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "nothing was thrown";
  };
  EXPECT_THAT(failure("21 22\n"), ::testing::HasSubstr("mrpc_dev_ids.tsv:1: has 1 columns"));
  EXPECT_THAT(failure("1\t2\n"), ::testing::HasSubstr("lists none of the pairs"));
  std::filesystem::remove(root_ / "mrpc_dev_ids.tsv");
  EXPECT_THROW(load(Split::train), IoError);
}

}  // namespace
}  // namespace transkimmer::test
