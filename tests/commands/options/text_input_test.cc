#include "commands/options/text_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

class TextLines : public ::testing::Test {
 protected:
  std::vector<std::string> read(std::string_view content, InputFormat format = InputFormat::automatic) {
    write_file_atomically(directory_ / "texts", content);
    TextLineReader reader({directory_ / "texts", format});
    std::vector<std::string> lines;
    while (const auto line = reader.next())
      lines.push_back(line->text + (line->text_pair ? '|' + *line->text_pair : ""));
    return lines;
  }

  TemporaryDirectory directory_;
};

TEST_F(TextLines, AnyLineEndAndAMissingLastOne) {
  EXPECT_THAT(read("a\nb\r\n\nc"), ::testing::ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(read(""), ::testing::IsEmpty());
  EXPECT_THAT(read("\n"), ::testing::ElementsAre(""));
}

TEST_F(TextLines, CarriageReturnsEndLinesWhereThereIsNothingElse) {
  EXPECT_THAT(read("a\rb\r\rc\r"), ::testing::ElementsAre("a", "b", "", "c"));
  EXPECT_THAT(read("{\"text\": \"a\"}\r{\"text\": \"b\"}"), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(read("a\rb\nc\r"), ::testing::ElementsAre("a\rb", "c"));
}

TEST_F(TextLines, BlankLinesArePassedOverAmongJsonLinesAlone) {
  EXPECT_THAT(read("\n \n{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n\n"), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(read("\n\na\n\n"), ::testing::ElementsAre("", "", "a", ""));
}

TEST_F(TextLines, WhatIsNoTextIsTold) {
  EXPECT_THROW(read("\xFF\xFE"), FormatError);
  EXPECT_THROW(read("\x1F\x8B"), FormatError);
  EXPECT_THROW(read("version https://git-lfs.github.com/spec/v1\n"), FormatError);
}

TEST_F(TextLines, LongLinesArriveWhole) {
  const std::string text(300'000, 'x');
  EXPECT_THAT(read(text + "\n" + text), ::testing::ElementsAre(text, text));
}

TEST_F(TextLines, ALineWithoutEndIsRefused) {
  try {
    read(std::string((std::size_t{64} << 20U) + 100'000, 'x'));
    FAIL() << "nothing was thrown";
  } catch (const FormatError& error) {
    EXPECT_EQ(error.what(), (directory_ / "texts").string() + ":1: the line is longer than 67108864 bytes");
  }
}

TEST_F(TextLines, TheFirstLineDecidesTheFormat) {
  EXPECT_THAT(read("{\"text\": \"a\"}\n{\"text\": \"b\", \"text_pair\": \"c\"}\n"),
              ::testing::ElementsAre("a", "b|c"));
  EXPECT_THAT(read("a\n{\"text\": \"b\"}\n"), ::testing::ElementsAre("a", "{\"text\": \"b\"}"));
  EXPECT_THROW(read("{\"text\": \"a\"}\nb\n"), FormatError);
  EXPECT_THROW(read("a\n", InputFormat::json), FormatError);
}

TEST_F(TextLines, ANullPairIsNone) {
  EXPECT_THAT(read("{\"text\": \"a\", \"text_pair\": null}"), ::testing::ElementsAre("a"));
}

TEST_F(TextLines, ADirectoryCannotBeRead) {
  EXPECT_THROW(TextLineReader({directory_.path(), InputFormat::text}), IoError);
}

}  // namespace
}  // namespace transkimmer::test
