#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/sample_tokenizers.h"

namespace transkimmer {
namespace {

using nlohmann::json;

json expected_rows() {
  std::ifstream file(tokenizer_fixture() / "expected.json");
  return json::parse(file);
}

void expect_same_pieces(const Tokenizer& tokenizer, const std::string& name) {
  const json rows = expected_rows();
  ASSERT_GE(rows.size(), 300U);
  for (const json& row : rows) {
    const json& expected = row.at(name);
    json ids = json::array();
    json offsets = json::array();
    for (const Piece& piece : tokenizer.pieces(row.at("text").get<std::string>())) {
      ids.push_back(piece.id);
      offsets.push_back({piece.offset.begin, piece.offset.end});
    }
    EXPECT_EQ(ids, expected.at("ids")) << row.at("text");
    if (expected.contains("offsets")) {
      EXPECT_EQ(offsets, expected.at("offsets")) << row.at("text");
    }
  }
}

TEST(TokenizerFixture, WordPieceEqualsHuggingFace) {
  expect_same_pieces(*sample_tokenizer("wordpiece"), "wordpiece");
}

TEST(TokenizerFixture, ByteLevelBpeEqualsHuggingFace) {
  expect_same_pieces(*sample_tokenizer("byte-level-bpe"), "byte-level-bpe");
}

class RealVocabulary : public testing::TestWithParam<const char*> {};

TEST_P(RealVocabulary, EqualsHuggingFace) {
  const std::filesystem::path directory = real_data() / "tokenizers" / GetParam();
  if (!std::filesystem::exists(directory)) GTEST_SKIP() << directory << " is not there";
  expect_same_pieces(*load_any_tokenizer(directory), GetParam());
}

INSTANTIATE_TEST_SUITE_P(, RealVocabulary, testing::Values("bert-base-uncased", "roberta-base"),
                         [](const auto& name) { return std::string(name.param).substr(0, 4) + "_base"; });

}  // namespace
}  // namespace transkimmer
