#include "datasets/plain_texts.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

class Unlabelled : public ::testing::Test {
 protected:
  std::filesystem::path file(const std::string& name, const std::string& content) const {
    write_file_atomically(directory_ / name, content);
    return directory_ / name;
  }

 private:
  TemporaryDirectory directory_;
};

TEST_F(Unlabelled, LinesOfPlainTextAreTextsAndBlankOnesAreNone) {
  const Dataset texts = load_unlabelled({file("a.txt", "one\n\n  \ntwo\r\n"), file("b", "three")}, {});
  ASSERT_EQ(texts.examples.size(), 3U);
  EXPECT_EQ(texts.examples[1].text, "two");
  EXPECT_EQ(texts.examples[2].text, "three");
  EXPECT_FALSE(texts.labelled);
  EXPECT_TRUE(std::isnan(texts.examples[0].label));
}

TEST_F(Unlabelled, TablesGiveTheirTextsWhateverStandsInAColumnOfLabels) {
  const Dataset texts = load_unlabelled(
      {file("a.csv", "label,text\n,one\nx,two\n"), file("b.jsonl", R"({"text": "three", "label": null})")},
      {});
  ASSERT_EQ(texts.examples.size(), 3U);
  EXPECT_EQ(texts.examples[2].text, "three");
  EXPECT_TRUE(std::isnan(texts.examples[1].label));
}

TEST_F(Unlabelled, PairsComeFromTwoColumns) {
  TableSource columns;
  columns.text_column = "q";
  columns.text_pair_column = "a";
  const Dataset texts = load_unlabelled({file("a.tsv", "q\ta\nwhy\tso\n")}, columns);
  EXPECT_EQ(texts.examples[0].text, "why");
  EXPECT_EQ(texts.examples[0].text_pair, "so");
}

TEST_F(Unlabelled, AFileWithoutTextsIsNamed) {
  try {
    load_unlabelled({file("empty.txt", " \n\n")}, {});
    FAIL() << "expected a FormatError";
  } catch (const FormatError& error) {
    EXPECT_NE(std::string(error.what()).find("empty.txt: has no texts"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace transkimmer::test
