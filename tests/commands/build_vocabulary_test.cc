#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BuildVocabulary : public ::testing::Test {
 protected:
  std::string write(const std::string& name, std::string_view content) const {
    const fs::path path = directory_ / name;
    fs::create_directories(path.parent_path());
    write_file_atomically(path, content);
    return path.string();
  }
  std::string path(const std::string& name) const { return (directory_ / name).string(); }
  std::string read(const std::string& name) const { return read_file(directory_ / name); }

  ProcessResult build(std::vector<std::string> arguments, const std::string& output = "out") const {
    arguments.insert(arguments.begin(), {"build-vocabulary", "--output-dir", path(output)});
    return transkimmer(arguments);
  }
  /// The message without the program and the folder.
  std::string error_of(std::vector<std::string> arguments, int status) const {
    const ProcessResult result = build(std::move(arguments));
    EXPECT_EQ(result.status, status);
    EXPECT_FALSE(fs::exists(directory_ / "out/vocab.txt"));
    const std::string begin = "transkimmer: error: ";
    EXPECT_TRUE(result.err.starts_with(begin)) << result.err;
    std::string message = result.err.substr(std::min(begin.size(), result.err.size()));
    const std::string folder = directory_.path().string() + "/";
    return message.starts_with(folder) ? message.substr(folder.size()) : message;
  }

  TemporaryDirectory directory_;
};

TEST_F(BuildVocabulary, WritesATokenizerAndSaysHowItFits) {
  const auto text = write("text.txt", "Hat that hat chat. That chat, hat that hat.");
  const auto result = build({"--input", text, "--vocab-size", "18"});
  ASSERT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, "read 12 words, 5 of them distinct, in 1 document\n18 pieces are in " + path("out") +
                            "; this text takes 1.000 pieces a word, 0.000 % of its words are [UNK]\n");
  EXPECT_EQ(
      read("out/vocab.txt"),
      "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n,\n.\nc\nh\nt\n##a\n##h\n##t\n##at\n##hat\nhat\nthat\nchat\n");
  EXPECT_TRUE(fs::exists(directory_ / "out/tokenizer.json"));
  EXPECT_TRUE(fs::exists(directory_ / "out/tokenizer_config.json"));
}

TEST_F(BuildVocabulary, ReadsManySourcesInAnyOrder) {
  write("many/a.txt", "hats that chat");
  write("many/deep/b.jsonl", "{\"text\": \"that hat chats\"}\n");
  const auto wiki = write("wiki_00", "<doc id=\"1\">\na hat\n</doc>\n<doc id=\"2\">\nthe chat\n</doc>\n");
  const auto first = build({"--input", path("many"), wiki, "--vocab-size", "40", "--json"}, "first");
  const auto second = build({"--input", wiki, "--input", path("many"), "--vocab-size", "40"}, "second");
  ASSERT_EQ(first.status, 0) << first.err;
  ASSERT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(first.json().at("documents"), 4);
  EXPECT_EQ(first.json().at("words"), 10);
  EXPECT_EQ(first.json().at("distinct_words"), 7);
  for (const char* name : {"vocab.txt", "tokenizer.json", "tokenizer_config.json"})
    EXPECT_EQ(read("first/" + std::string(name)), read("second/" + std::string(name))) << name;
}

TEST_F(BuildVocabulary, KeepsCaseAndAccentsWhenAsked) {
  const auto text = write("text", "Caf\xC3\xA9");
  ASSERT_EQ(build({"--input", text, "--no-lower-case"}).status, 0);
  EXPECT_THAT(read("out/vocab.txt"), HasSubstr("\nC\n##a\n##f\n##\xC3\xA9\n"));
  EXPECT_THAT(read("out/tokenizer.json"), HasSubstr("\"lowercase\": false"));
  EXPECT_THAT(read("out/tokenizer_config.json"), HasSubstr("\"do_lower_case\": false"));
}

TEST_F(BuildVocabulary, SaysWhenTheTextIsTooSmall) {
  const auto result = build({"--input", write("text", "ab ab")});
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.err, "note: the vocabulary stays at 8 pieces: no other pair of pieces occurs 2 times\n");
}

TEST_F(BuildVocabulary, SizesBelowTheAlphabetAreBadUsage) {
  EXPECT_EQ(error_of({"--input", write("text", "abcd"), "--vocab-size", "8"}, 2),
            "a vocabulary of 8 pieces is too small: special tokens and the 4 characters of the text, at the "
            "beginning of words and inside, are 9 already\n");
}

TEST_F(BuildVocabulary, BadInputNamesFileAndLine) {
  EXPECT_EQ(error_of({"--input", path("none")}, 1), "none: cannot open: No such file or directory\n");
  EXPECT_EQ(error_of({"--input", write("a.jsonl", "{\"text\": \"a\"}\n{\"body\": \"b\"}\n")}, 1),
            "a.jsonl:2: no key 'text'; keys found: 'body'\n");
  EXPECT_EQ(error_of({"--input", write("blank", " \n\n")}, 1), "blank: no words found, expected text\n");
  EXPECT_EQ(error_of({"--input", write("bytes", "\xFF\xFF\xC3")}, 1),
            "bytes: no words found, expected text\n");
}

TEST_F(BuildVocabulary, InterruptionLeavesNoFiles) {
  // Zeros without end, which take no disk: far more than is read before the signal comes.
  const auto endless = write("endless", "word ");
  fs::resize_file(endless, std::uintmax_t{20} << 30);
  const auto result =
      run_process(TRANSKIMMER_PROGRAM, {"build-vocabulary", "--input", endless, "--output-dir", path("out")},
                  {.input = {}, .output_path = {}, .path_variable = {}, .interrupt_at = path("out")});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, HasSubstr("error: interrupted; no file was written\n"));
  EXPECT_TRUE(fs::is_empty(directory_ / "out"));
}

}  // namespace
}  // namespace transkimmer::test
