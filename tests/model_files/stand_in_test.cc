#include "base/files/stand_in.h"

#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "model_files/json/json.h"
#include "model_files/made_model.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 440449768\n";

std::string message_of(const std::string& content) {
  try {
    reject_stand_in(content, "file");
  } catch (const FormatError& error) {
    return error.what();
  }
  return "none";
}

TEST(StandIn, IsToldFromFilesThatLookLikeIt) {
  EXPECT_THAT(message_of(kPointer), StartsWith("file: is a Git LFS pointer, which stands for the file of "
                                               "440449768 bytes; download that"));
  EXPECT_THAT(message_of("version https://git-lfs.github.com/spec/v1\nsize many\n"),
              StartsWith("file: is a Git LFS pointer, which stands for the file; download that"));
  EXPECT_THAT(message_of("version https://hawser.github.com/spec/v1\nsize 7\n"),
              StartsWith("file: is a Git LFS pointer, which stands for the file of 7 bytes"));
  for (const char* const page :
       {"<!-- sign in --><html>", "<?xml version=\"1.0\"?><html>", "<!DOCTYPE html>\n<html>",
        "\xEF\xBB\xBF\n <HTML lang=en>", "<!doctype HTML "})
    EXPECT_THAT(message_of(page), StartsWith("file: is an HTML page")) << page;
  for (const char* const content : {"", " ", "version", "<s>\n<html>\n", "<", "{\"a\": \"<html>\"}"})
    EXPECT_EQ(message_of(content), "none") << content;
}

/// Reads all that a model directory may hold.
void read_all(const std::filesystem::path& directory) {
  ModelConfig config = ModelConfig::load(directory);
  ModelWeights::load(directory, config, {});
  load_tokenizer(directory, config);
}

/// In place of `file`, or beside the model where it has none of that name.
void expect_both_told(const std::filesystem::path& directory, const std::string& file) {
  for (const std::string content : {kPointer, "<html><body>Sign in</body></html>\n"}) {
    write_file_atomically(directory / file, content);
    try {
      read_all(directory);
      ADD_FAILURE() << file << " was read";
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), StartsWith((directory / file).string() + ": is a")) << file;
    }
  }
}

TEST(StandIn, IsToldInPlaceOfEveryFileOfAModel) {
  for (const char* const file : {"config.json", "model.safetensors", "vocab.txt", "tokenizer.json",
                                 "tokenizer_config.json", "special_tokens_map.json"}) {
    const TemporaryDirectory directory;
    write_tiny_model(directory.path());
    expect_both_told(directory.path(), file);
  }
  for (const char* const file : {"vocab.json", "merges.txt"}) {
    const TemporaryDirectory directory;
    write_tiny_model(directory.path(), {.architecture = "roberta"});
    expect_both_told(directory.path(), file);
  }
}

TEST(StandIn, IsToldInPlaceOfShardsAndTheirIndex) {
  const TemporaryDirectory directory;
  write_tiny_model(directory.path());
  std::filesystem::remove(directory / "model.safetensors");
  write_file_atomically(directory / "model.safetensors.index.json",
                        R"({"weight_map": {"classifier.bias": "part.safetensors"}})");
  expect_both_told(directory.path(), "part.safetensors");
  expect_both_told(directory.path(), "model.safetensors.index.json");
}

TEST(VocabTxt, ATokenThatIsThereTwiceHasTheLaterIdAndANoticeSaysSo) {
  const TemporaryDirectory directory;
  write_file_atomically(directory / "vocab.txt",
                        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\ndog\n##s\ncat\n##s\n");
  ModelConfig config = small_config("bert", HeadKind::none);
  std::vector<std::string> notices;
  const auto tokenizer = load_tokenizer(
      directory.path(), config, {.notices = [&](const std::string& notice) { notices.push_back(notice); }});
  EXPECT_EQ(tokenizer->encode("cat dogs").ids, (std::vector<std::int32_t>{2, 8, 6, 9, 3}));
  EXPECT_EQ(tokenizer->vocabulary_size(), 10u);
  ASSERT_EQ(notices.size(), 1u);
  EXPECT_THAT(notices[0], EndsWith("vocab.txt: token 'cat' is on line 6 and on line 9 (2 tokens are there "
                                   "again); the later line is its id"));
}

}  // namespace
}  // namespace transkimmer::test
