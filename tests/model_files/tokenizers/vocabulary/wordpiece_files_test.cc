#include "model_files/tokenizers/vocabulary/wordpiece_files.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/config/model_config.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kTokens = {"[PAD]",       "[UNK]", "[CLS]",        "[SEP]", "[MASK]", "\"",
                                          "a",           "A",     "\\",           "the",   "##a",    "cafe",
                                          "Caf\xC3\xA9", "##s",   "\xE6\x9D\xB1", ",",     "##b"};

std::unique_ptr<const Tokenizer> load(const fs::path& directory) {
  ModelConfig config;
  config.vocab_size = static_cast<std::int64_t>(kTokens.size());
  return load_tokenizer(directory, config);
}

TEST(WordPieceFiles, BothFormsGiveTheSameTokens) {
  for (const bool lower_case : {true, false}) {
    const test::TemporaryDirectory directory;
    const BertNormalizerOptions normalizer = {.strip_accents = lower_case, .lowercase = lower_case};
    write_wordpiece_files(directory.path(), Vocabulary(kTokens), normalizer);
    const auto from_json = load(directory.path());
    fs::remove(directory / "tokenizer.json");
    const auto from_text = load(directory.path());
    ASSERT_EQ(from_json->vocabulary_size(), kTokens.size());
    for (const char* text : {"The Caf\xC3\xA9s, \"a\\ab", "[MASK] \xE6\x9D\xB1\xE6\x9D\xB1 zz A the\xFF"}) {
      const Encoding encoding = from_json->encode(text);
      EXPECT_EQ(encoding.ids, from_text->encode(text).ids);
      EXPECT_EQ(encoding.ids.front(), 2);
      EXPECT_EQ(encoding.ids.back(), 3);
    }
    const auto pieces = from_json->pieces("Caf\xC3\xA9s");
    EXPECT_EQ(from_json->token(pieces.front().id), lower_case ? "cafe" : "Caf\xC3\xA9");
    EXPECT_EQ(from_json->encode_pair("a", "a").type_ids, (std::vector<std::int32_t>{0, 0, 0, 1, 1}));
    EXPECT_EQ(from_json->special_tokens().mask, 4);
  }
}

TEST(WordPieceFiles, TokenizerJsonHasWhatHuggingFaceReads) {
  const test::TemporaryDirectory directory;
  write_wordpiece_files(directory.path(), Vocabulary(kTokens), {});
  const auto root = nlohmann::json::parse(read_file(directory / "tokenizer.json"));
  EXPECT_EQ(root.at("model").at("type"), "WordPiece");
  EXPECT_EQ(root.at("model").at("unk_token"), "[UNK]");
  EXPECT_EQ(root.at("model").at("vocab").size(), kTokens.size());
  EXPECT_EQ(root.at("model").at("vocab").at("##s"), 13);
  EXPECT_EQ(root.at("normalizer").at("type"), "BertNormalizer");
  EXPECT_TRUE(root.at("normalizer").at("strip_accents").is_null());
  EXPECT_EQ(root.at("pre_tokenizer").at("type"), "BertPreTokenizer");
  EXPECT_EQ(root.at("post_processor").at("type"), "TemplateProcessing");
  EXPECT_EQ(root.at("post_processor").at("pair").at(4).at("SpecialToken").at("type_id"), 1);
  EXPECT_EQ(root.at("post_processor").at("special_tokens").at("[SEP]").at("ids").at(0), 3);
  EXPECT_EQ(root.at("decoder").at("type"), "WordPiece");
  EXPECT_EQ(root.at("added_tokens").size(), 5U);
  EXPECT_EQ(root.at("added_tokens").at(4).at("content"), "[MASK]");
}

TEST(WordPieceFiles, AFolderThatIsNotThereIsAnError) {
  const test::TemporaryDirectory directory;
  EXPECT_THROW(write_wordpiece_files(directory / "none", Vocabulary(kTokens), {}), IoError);
}

}  // namespace
}  // namespace transkimmer
