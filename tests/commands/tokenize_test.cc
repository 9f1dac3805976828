#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3, [MASK] 4, the 5, charming 6, journey 7, flat 8, movie 9, film 10, ...
class Tokenize : public ::testing::Test {
 protected:
  Tokenize() { write_tiny_model(directory_.path()); }

  ProcessResult tokenize(std::string_view input, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"tokenize", "--model", directory_.path().string()});
    return transkimmer(arguments, input);
  }

  TemporaryDirectory directory_;
};

TEST_F(Tokenize, OneLineInGivesOneLineOut) {
  const auto result = tokenize("Charming journey\n\nflat film");
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out,
            "[CLS] charming journey [SEP]\t2 6 7 3\n"
            "[CLS] [SEP]\t2 3\n"
            "[CLS] flat film [SEP]\t2 8 10 3\n");
}

TEST_F(Tokenize, JsonHasIdsTokensOffsetsAndTypes) {
  const auto result = tokenize("Charming  journey\n", {"--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json(), json::parse(R"({"ids":[2,6,7,3],"tokens":["[CLS]","charming","journey","[SEP]"],
                                           "offsets":[[0,0],[0,8],[10,17],[0,0]],"type_ids":[0,0,0,0],
                                           "truncated":false})"));
}

TEST_F(Tokenize, JsonSaysWhatWasCut) {
  const auto result = tokenize("a charming journey\nflat\n", {"--json", "--max-length", "4"});
  ASSERT_EQ(result.out_lines().size(), 2U);
  EXPECT_EQ(json::parse(result.out_lines()[0])["truncated"], true);
  EXPECT_EQ(json::parse(result.out_lines()[1])["truncated"], false);
}

TEST_F(Tokenize, SplitSpecialTokensArePlainText) {
  EXPECT_THAT(tokenize("flat[SEP]film\n").out, ::testing::StartsWith("[CLS] flat [SEP] film [SEP]\t"));
  const auto split = tokenize("flat[SEP]film\n", {"--split-special-tokens"});
  EXPECT_EQ(split.status, 0) << split.err;
  EXPECT_THAT(split.out, ::testing::StartsWith("[CLS] flat "));
  EXPECT_EQ(split.out.find("[SEP]"), split.out.rfind("[SEP]")) << "the layout's alone: " << split.out;
}

TEST_F(Tokenize, OffsetsCountCharactersNotBytes) {
  const auto result = tokenize("\xF0\x9F\x98\x80 \xC3\xA9 film\n", {"--json"});
  EXPECT_EQ(result.json()["tokens"], json::parse(R"(["[CLS]","[UNK]","e","film","[SEP]"])"));
  EXPECT_EQ(result.json()["offsets"], json::parse("[[0,0],[0,1],[2,3],[4,8],[0,0]]"));
}

TEST_F(Tokenize, InvalidUtf8CountsAsOneCharacterPerFault) {
  const auto result = tokenize("\xFF\xE2\x82 film\n", {"--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  const auto offsets = result.json()["offsets"];
  ASSERT_GE(offsets.size(), 3U);
  EXPECT_EQ(offsets[offsets.size() - 2], json::parse("[3,7]"));
}

TEST_F(Tokenize, TabSeparatesAPair) {
  const auto result = tokenize("flat\ta film\n", {"--json"});
  EXPECT_EQ(result.json()["tokens"], json::parse(R"(["[CLS]","flat","[SEP]","a","film","[SEP]"])"));
  EXPECT_EQ(result.json()["type_ids"], json::parse("[0,0,0,1,1,1]"));
  EXPECT_EQ(result.json()["offsets"], json::parse("[[0,0],[0,4],[0,0],[0,1],[2,6],[0,0]]"));
}

TEST_F(Tokenize, JsonLinesAreRecognised) {
  const auto result =
      tokenize("{\"text\": \"flat\", \"text_pair\": \"film\", \"label\": 1}\n{\"text\": \"film\"}\n");
  EXPECT_EQ(result.out, "[CLS] flat [SEP] film [SEP]\t2 8 3 10 3\n[CLS] film [SEP]\t2 10 3\n");
}

TEST_F(Tokenize, TextMayBeginWithABraceWhenAskedFor) {
  const auto result = tokenize("{\n", {"--input-format", "text"});
  EXPECT_THAT(result.out, HasSubstr("[CLS] { [SEP]"));
}

TEST_F(Tokenize, MaxLengthCuts) {
  EXPECT_EQ(tokenize("flat film flat film\n", {"--max-length", "4"}).out,
            "[CLS] flat film [SEP]\t2 8 10 3\n");
}

TEST_F(Tokenize, ReadsAFile) {
  write_file_atomically(directory_ / "texts",
                        "\xEF\xBB\xBF"
                        "flat\r\nfilm");
  EXPECT_EQ(tokenize("", {"--input", directory_ / "texts"}).out,
            "[CLS] flat [SEP]\t2 8 3\n[CLS] film [SEP]\t2 10 3\n");
}

TEST_F(Tokenize, FaultyLinesAreNamed) {
  const struct {
    const char* input;
    const char* message;
  } cases[] = {
      {"a\tb\tc\n",
       "standard input:1: expected one text, or two separated by a tab, found more than one tab"},
      {"{\"text\": \"a\"}\n{\"text\": \"a\"\n",
       "standard input:2: invalid JSON at byte 13: unexpected end of input; expected '}'"},
      {"{\"text\": \"a\"}\n[1]\n", "standard input:2: found an array, expected one JSON object per line"},
      {"{\"label\": \"a\"}\n", "standard input:1: no key 'text'; keys found: 'label'"},
      {"{\"text\": 3}\n", "standard input:1: 'text' is an integer, expected a string"},
      {"{\"text\": \"a\", \"text_pair\": []}\n",
       "standard input:1: 'text_pair' is an array, expected a string"},
  };
  for (const auto& [input, message] : cases) {
    const auto result = tokenize(input);
    EXPECT_EQ(result.status, 1) << input;
    EXPECT_EQ(result.err, std::string("transkimmer: error: ") + message + "\n");
  }
}

TEST_F(Tokenize, MissingFilesAreNamed) {
  auto result = tokenize("", {"--input", "/nonexistent/texts"});
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.err, "transkimmer: error: /nonexistent/texts: cannot open: No such file or directory\n");
  result = transkimmer({"tokenize", "--model", "/nonexistent"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("/nonexistent/config.json"));
}

}  // namespace
}  // namespace transkimmer::test
