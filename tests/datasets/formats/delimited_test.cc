#include "datasets/formats/delimited.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Records = std::vector<std::vector<std::string>>;

Records read_all(std::string_view text, DelimitedFormat format, std::vector<std::size_t>* lines = nullptr) {
  RecordReader reader(text, format, "file");
  Records records;
  for (std::vector<std::string> fields; reader.next(fields);) {
    records.push_back(fields);
    if (lines != nullptr) lines->push_back(reader.line());
  }
  return records;
}

TEST(Csv, KeepsQuotedDelimitersNewlinesAndDoubledQuotes) {
  std::vector<std::size_t> lines;
  EXPECT_EQ(read_all("1,\"a, \"\"b\"\"\n\nc\"\n2,plain\n", kCsv, &lines),
            (Records{{"1", "a, \"b\"\n\nc"}, {"2", "plain"}}));
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 4}));
}

TEST(Csv, TakesWindowsLineEndsAndKeepsThemInsideQuotes) {
  std::vector<std::size_t> lines;
  EXPECT_EQ(read_all("a,b\r\n\"x\r\ny\",\"z\"\r\nc,d\r\n", kCsv, &lines),
            (Records{{"a", "b"}, {"x\r\ny", "z"}, {"c", "d"}}));
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 4}));
}

TEST(Csv, TakesBareCarriageReturnsAsLineEndsOutsideQuotes) {
  std::vector<std::size_t> lines;
  EXPECT_EQ(read_all("a,b\r\"x\ry\",z\r\rc,d\r", kCsv, &lines),
            (Records{{"a", "b"}, {"x\ry", "z"}, {"c", "d"}}));
  EXPECT_EQ(lines, (std::vector<std::size_t>{1, 2, 5}));
  EXPECT_EQ(read_all("a,b\rc,d\ne,\"f\"\rg,h", kCsv),
            (Records{{"a", "b"}, {"c", "d"}, {"e", "f"}, {"g", "h"}}));
}

TEST(Tsv, TakesBareCarriageReturnsAsLineEndsWhereThereIsNothingElse) {
  EXPECT_EQ(read_all("a\tb\rc\td\r", kTsv), (Records{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read_all("a\rb\tc\n", kTsv), (Records{{"a\rb", "c"}}));
}

TEST(Csv, KeepsEmptyFieldsAndAQuoteInsidePlainText) {
  EXPECT_EQ(read_all(",\n\"\",a\"b\n,", kCsv), (Records{{"", ""}, {"", "a\"b"}, {"", ""}}));
}

TEST(Csv, NeedsNoFinalNewline) {
  EXPECT_EQ(read_all("a,b", kCsv), (Records{{"a", "b"}}));
  EXPECT_EQ(read_all("a,\"b\"", kCsv), (Records{{"a", "b"}}));
  EXPECT_EQ(read_all("a,\"b\"\r", kCsv), (Records{{"a", "b"}}));
  EXPECT_EQ(read_all("a,b\r", kCsv), (Records{{"a", "b"}}));
}

TEST(Csv, PassesOverEmptyLinesButCountsThem) {
  std::vector<std::size_t> lines;
  EXPECT_EQ(read_all("\n\r\na\n\n\nb\n\n", kCsv, &lines), (Records{{"a"}, {"b"}}));
  EXPECT_EQ(lines, (std::vector<std::size_t>{3, 6}));
}

TEST(Tsv, TreatsQuotesAsOrdinaryCharacters) {
  EXPECT_EQ(read_all("\"a\t b\"\n\"\tc\r\n", kTsv), (Records{{"\"a", " b\""}, {"\"", "c"}}));
}

TEST(Delimited, SkipsAByteOrderMarkOnlyAtTheStart) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF"
                     "a\n\xEF\xBB\xBF",
                     kTsv),
            (Records{{"a"}, {"\xEF\xBB\xBF"}}));
  EXPECT_EQ(read_all("\xEF\xBB\xBF\"a\"", kCsv), (Records{{"a"}}));
}

TEST(Delimited, PassesBytesThatAreNotUtf8Through) {
  const std::string bytes("\xC3\x28\x80\0\x7F", 5);
  EXPECT_EQ(read_all(bytes, kTsv), (Records{{bytes}}));
  EXPECT_EQ(read_all(bytes, kCsv), (Records{{bytes}}));
}

TEST(Delimited, OfNothingHasNoRecords) {
  EXPECT_TRUE(read_all("", kCsv).empty());
  EXPECT_TRUE(read_all("\xEF\xBB\xBF", kTsv).empty());
}

}  // namespace
}  // namespace transkimmer
