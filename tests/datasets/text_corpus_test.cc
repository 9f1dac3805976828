#include "datasets/text_corpus.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "datasets/formats/line_reader.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TextCorpusOf : public ::testing::Test {
 protected:
  fs::path write(const std::string& name, std::string_view content) const {
    const fs::path path = directory_ / name;
    fs::create_directories(path.parent_path());
    write_file_atomically(path, content);
    return path;
  }

  static std::vector<std::string> all(TextCorpus corpus) {
    std::vector<std::string> documents;
    while (auto document = corpus.next()) documents.push_back(*std::move(document));
    EXPECT_EQ(corpus.bytes_read(), corpus.total_bytes());
    return documents;
  }
  std::vector<std::string> documents(const std::string& name, std::string_view content) const {
    return all(TextCorpus({write(name, content)}));
  }
  /// What reading it all throws, without the folder's name.
  std::string error_of(std::vector<fs::path> sources) const {
    try {
      TextCorpus corpus(std::move(sources));
      while (corpus.next()) continue;
    } catch (const Error& error) {
      std::string message = error.what();
      const std::string folder = directory_.path().string() + "/";
      if (message.starts_with(folder)) message.erase(0, folder.size());
      return message;
    }
    return "no error";
  }

  test::TemporaryDirectory directory_;
};

TEST_F(TextCorpusOf, APlainFileIsOneDocument) {
  EXPECT_THAT(documents("a.txt", "One line.\n\nAnother paragraph."),
              ElementsAre("One line.\n\nAnother paragraph."));
  EXPECT_THAT(documents("b", "\xEF\xBB\xBFWindows\r\nline ends\r\n"), ElementsAre("Windows\nline ends"));
}

TEST_F(TextCorpusOf, BlocksOfWikipediaAreDocumentsWithoutTheirMarks) {
  EXPECT_THAT(documents("wiki_00",
                        "<doc id=\"1\" url=\"u\" title=\"A > B\">\nA\n\ntext of A\n</doc>\n"
                        "<doc id=\"2\">\r\nB\r\n</doc>\r\n"),
              ElementsAre("A\n\ntext of A", "B"));
}

TEST_F(TextCorpusOf, UnmatchedMarksLoseNoText) {
  EXPECT_THAT(documents("unclosed", "<doc id=\"1\">\nA\n<doc id=\"2\">\nB"), ElementsAre("A", "B"));
  EXPECT_THAT(documents("unopened", "A\n</doc>\n</doc>\nB\n"), ElementsAre("A", "B"));
  EXPECT_THAT(documents("no-mark", "a <doc> in text\n<document>\n"),
              ElementsAre("a <doc> in text\n<document>"));
}

TEST_F(TextCorpusOf, JsonLinesGiveTheMemberText) {
  EXPECT_THAT(documents("a.jsonl", "{\"text\": \"One\\ntwo \\u00e9\", \"id\": 7}\n\n{\"text\": \"Three\"}"),
              ElementsAre("One\ntwo \xC3\xA9", "Three"));
  EXPECT_THAT(documents("a.json", "{\"text\": \"\"}\n{\"text\": \"x\"}\n"), ElementsAre("x"));
}

TEST_F(TextCorpusOf, MalformedJsonNamesFileAndLine) {
  EXPECT_THAT(error_of({write("a.jsonl", "{\"text\": \"fine\"}\n\n{\"text\": \"cut\n")}),
              ::testing::StartsWith("a.jsonl:3: invalid JSON at byte "));
  EXPECT_EQ(error_of({write("b.jsonl", "{\"title\": \"x\"}\n")}),
            "b.jsonl:1: no key 'text'; keys found: 'title'");
  EXPECT_EQ(error_of({write("c.jsonl", "{\"text\": \"a\"}\n{\"text\": 3}\n")}),
            "c.jsonl:2: 'text' is an integer, expected a string");
  EXPECT_EQ(error_of({write("d.jsonl", "[\"text\"]\n")}),
            "d.jsonl:1: found an array, expected one JSON object per line");
  EXPECT_THAT(error_of({write("e.jsonl", "{\"text\": \"\xFF\"}\n")}),
              ::testing::StartsWith("e.jsonl:1: invalid JSON at byte "));
}

TEST_F(TextCorpusOf, DirectoriesAreReadWhollyInOrderOfPaths) {
  write("b/2.txt", "four");
  write("b/10.txt", "three");
  write("a/z/deep.txt", "two");
  write("a/file", "one");
  write("a/.hidden", "no");
  write(".git/config", "no");
  const fs::path single = write("single.txt", "five");
  EXPECT_THAT(all(TextCorpus({directory_ / "a", directory_ / "b", single})),
              ElementsAre("one", "two", "three", "four", "five"));
  EXPECT_THAT(all(TextCorpus({directory_.path()})), ElementsAre("one", "two", "three", "four", "five"));
}

TEST_F(TextCorpusOf, EmptyFilesGiveNoDocuments) {
  write("empty", "");
  write("blank", " \t\r\n\n");
  write("empty.jsonl", "");
  write("blank.jsonl", "\n{\"text\": \" \"}\n");
  write("blocks", "<doc id=\"1\">\n\n</doc>\n<doc id=\"2\">\n</doc>\n");
  EXPECT_THAT(all(TextCorpus({directory_.path()})), IsEmpty());
}

TEST_F(TextCorpusOf, BreakTagsBecomeLineBreaks) {
  EXPECT_THAT(documents("review.txt", "Bad.<br /><br />Very<BR>bad<br/>.<br /"),
              ElementsAre("Bad.\n\nVery\nbad\n.<br /"));
  EXPECT_THAT(documents("tags.txt", "a <b>bold</b> <broken> < br> 1 < 2"),
              ElementsAre("a <b>bold</b> <broken> < br> 1 < 2"));
  EXPECT_THAT(documents("tag.txt", "<br /><br>"), IsEmpty());
}

TEST_F(TextCorpusOf, BytesThatAreNotUtf8ArePassedOn) {
  const std::string bytes("a\0b\xFF\xC3 \x80", 7);
  EXPECT_THAT(documents("bytes.txt", bytes), ElementsAre(bytes));
}

TEST_F(TextCorpusOf, LongDocumentsAreCutBetweenLines) {
  const std::string line(1000, 'x');
  std::string text;
  while (text.size() <= 5 * TextCorpus::kMaxDocumentBytes / 2) text += line + "\n";
  const auto parts = documents("long.txt", text);
  ASSERT_THAT(parts, SizeIs(3));
  std::string joined;
  for (const std::string& part : parts) {
    EXPECT_LE(part.size(), TextCorpus::kMaxDocumentBytes);
    EXPECT_THAT(part, EndsWith("x"));
    joined += part + "\n";
  }
  EXPECT_EQ(joined, text);
}

TEST_F(TextCorpusOf, AnEndlessLineIsCutBetweenWordsAndCharacters) {
  // A hole in a file reads as zeros: 50 MB without a line end or blank, which take no disk.
  const fs::path sparse = write("sparse.txt", "word ");
  fs::resize_file(sparse, 50'000'000);
  TextCorpus corpus({sparse});
  std::size_t bytes = 0;
  while (const auto document = corpus.next()) {
    ASSERT_LE(document->size(), TextCorpus::kMaxDocumentBytes);
    bytes += document->size();
  }
  EXPECT_EQ(bytes, 50'000'000U);

  std::string words = "word";
  while (words.size() < 3 * TextCorpus::kMaxDocumentBytes) words += " word";
  for (const std::string& part : documents("words.txt", words)) EXPECT_THAT(part, EndsWith("word"));
  std::string euros;
  while (euros.size() < 2 * TextCorpus::kMaxDocumentBytes) euros += "\xE2\x82\xAC";
  std::string joined;
  for (const std::string& part : documents("euros.txt", euros)) {
    EXPECT_EQ(part.size() % 3, 0U) << "a character is cut";
    joined += part;
  }
  EXPECT_EQ(joined, euros);
}

TEST_F(TextCorpusOf, LongTextsInJsonAreCutToo) {
  std::string words = "word";
  while (words.size() < 3 * TextCorpus::kMaxDocumentBytes) words += " word";
  std::string joined;
  for (const std::string& part :
       documents("long.jsonl", "{\"text\": \"" + words + "\"}\n{\"text\": \"!\"}")) {
    EXPECT_LE(part.size(), TextCorpus::kMaxDocumentBytes);
    joined += part;
  }
  EXPECT_EQ(joined, words + "!");
}

TEST_F(TextCorpusOf, AnEndlessJsonLineIsAnError) {
  const fs::path sparse = write("sparse.jsonl", "{\"text\": \"a\"}\n{\"text\": \"");
  fs::resize_file(sparse, 50'000'000);
  EXPECT_EQ(error_of({sparse}),
            "sparse.jsonl:2: the line is longer than 16 MiB, the most that is read of JSON");
}

TEST_F(TextCorpusOf, RejectsWhatIsNoText) {
  EXPECT_EQ(error_of({write("packed.txt", "\x1F\x8B\x08")}),
            "packed.txt: is a compressed file, expected text; unpack it first");
  EXPECT_EQ(error_of({write("packed.txt", "BZh91AY&SY")}),
            "packed.txt: is a compressed file, expected text; unpack it first");
  EXPECT_EQ(error_of({write("wide.txt", "\xFF\xFEh")}), "wide.txt: is UTF-16 text, expected UTF-8");
}

TEST_F(TextCorpusOf, TextThatBeginsLikeACompressedFileIsText) {
  for (const std::string text : {"BZh", "BZh9", "BZh1AY&SY", "BZh91AY", "PK"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(documents("begins.txt", text), std::vector<std::string>{text});
  }
}

TEST_F(TextCorpusOf, RejectsSourcesWithoutFiles) {
  EXPECT_THROW(TextCorpus({}), UsageError);
  EXPECT_THROW(TextCorpus({directory_ / "none"}), IoError);
  EXPECT_EQ(error_of({directory_ / "none"}), "none: cannot open: No such file or directory");
  fs::create_directories(directory_ / "empty");
  EXPECT_EQ(error_of({directory_ / "empty"}), "empty: has no files, expected files of text");
}

TEST_F(TextCorpusOf, ReadingCanBeFollowed) {
  TextCorpus corpus({write("a", "one"), write("b", "three")});
  EXPECT_EQ(corpus.total_bytes(), 8U);
  EXPECT_EQ(corpus.bytes_read(), 0U);
  EXPECT_EQ(corpus.next(), "one");
  EXPECT_EQ(corpus.bytes_read(), 3U);
  EXPECT_EQ(corpus.next(), "three");
  EXPECT_EQ(corpus.bytes_read(), 8U);
  EXPECT_EQ(corpus.next(), std::nullopt);
  EXPECT_EQ(corpus.next(), std::nullopt);
}

TEST_F(TextCorpusOf, LinesInPartsKeepTheirNumber) {
  LineReader reader(InputReader(write("lines", "ab cd ef\nx\n\nlast")), 4);
  std::vector<std::string> parts;
  while (reader.next()) {
    parts.push_back(std::to_string(reader.line()) + (reader.starts_line() ? "[" : " ") +
                    std::string(reader.text()) + (reader.ends_line() ? "]" : ""));
  }
  EXPECT_THAT(parts, ElementsAre("1[ab", "1  cd", "1  ef]", "2[x]", "3[]", "4[last]"));
}

}  // namespace
}  // namespace transkimmer
