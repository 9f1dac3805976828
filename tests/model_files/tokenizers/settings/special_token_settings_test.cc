// Special tokens that settings files name: their ids and flags are what transformers 5.24 gives for the same
// files.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/settings/settings_directory.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class SpecialTokenSettingsTest : public TokenizerSettingsTest {
 protected:
  /// The added tokens by id, after those of the vocabulary.
  std::vector<std::string> added() {
    const auto tokenizer = load();
    std::vector<std::string> tokens;
    for (auto id = static_cast<std::size_t>(kNext); id < tokenizer->vocabulary_size(); ++id)
      tokens.emplace_back(tokenizer->token(static_cast<std::int32_t>(id)));
    return tokens;
  }
};

TEST_F(SpecialTokenSettingsTest, AreNumberedByTheirPartAndThenInTheOrderOfTheFile) {
  write("tokenizer_config.json", std::string(R"({"z_token": "<z>", "extra_special_tokens": ["<e>"],
      "mask_token": "<m>", "a_token": "<a>", "bos_token": "<b>",
      "added_tokens_decoder": {"20": {"content": "<later>"}, "15": {"content": "<first>"}}})"));
  EXPECT_THAT(added(), ElementsAre("<first>", "<later>", "<b>", "<m>", "<z>", "<a>", "<e>"));
}

TEST_F(SpecialTokenSettingsTest, UnderKeysOfTheirOwnMayComeFromThreePlaces) {
  write("tokenizer_config.json",
        std::string(R"({"extra_special_tokens": {"y_token": "<y>", "b_token": "<b>"}, "z_token": "<z>"})"));
  write("special_tokens_map.json", std::string(R"({"m_token": {"content": "<m>"}, "z_token": "<other>"})"));
  EXPECT_THAT(added(), ElementsAre("<m>", "<z>", "<y>", "<b>")) << "tokenizer_config.json goes first here";
  write("tokenizer_config.json", std::string(R"({"model_specific_special_tokens": {"y_token": "<y>"}})"));
  EXPECT_THAT(added(), ElementsAre("<m>", "<other>", "<y>"));
}

TEST_F(SpecialTokenSettingsTest, AdditionalOnesCountOnlyWithoutExtraOnes) {
  write("tokenizer_config.json",
        json{{"additional_special_tokens", {"<x>"}}, {"extra_special_tokens", {"<y>"}}});
  EXPECT_THAT(added(), ElementsAre("<y>"));
  write("tokenizer_config.json",
        json{{"additional_special_tokens", {"<x>"}}, {"extra_special_tokens", json::array()}});
  write("special_tokens_map.json", json{{"additional_special_tokens", {"<map>"}}});
  EXPECT_THAT(added(), ElementsAre("<x>")) << "a list of tokenizer_config.json goes first";
  write("tokenizer_config.json", json::object());
  EXPECT_THAT(added(), ElementsAre("<map>"));
}

TEST_F(SpecialTokenSettingsTest, ExtraOnesOfBothFilesAreMerged) {
  write("tokenizer_config.json", json{{"extra_special_tokens", {"<x>"}}});
  write("special_tokens_map.json", json{{"extra_special_tokens", {"<y>", "<x>"}}});
  EXPECT_THAT(added(), ElementsAre("<x>", "<y>"));
  write("special_tokens_map.json", json{{"extra_special_tokens", nullptr}});
  EXPECT_THAT(added(), ElementsAre());
}

TEST_F(SpecialTokenSettingsTest, NullInTheMapDropsAToken) {
  write("tokenizer_config.json", json{{"mask_token", "[MASK]"}, {"eos_token", "<e>"}});
  EXPECT_THAT(tokens("[MASK]"), ElementsAre("[MASK]"));
  write("special_tokens_map.json", json{{"mask_token", nullptr}, {"eos_token", nullptr}});
  EXPECT_THAT(tokens("[MASK]"), ElementsAre("[", "[UNK]", "]"));
  EXPECT_THAT(added(), ElementsAre());
  for (const char* key : {"cls_token", "sep_token", "unk_token"}) {
    write("special_tokens_map.json", json{{key, nullptr}});
    expect_error("special_tokens_map.json: '" + std::string(key) +
                 "' is null, which leaves BertTokenizer without");
  }
}

TEST_F(SpecialTokenSettingsTest, OptionsOfTheMapGoFirst) {
  write("tokenizer_config.json", json{{"do_lower_case", true}, {"model_max_length", 9}, {"max_len", 5}});
  write("special_tokens_map.json",
        json{{"do_lower_case", false}, {"truncation_side", "left"}, {"model_max_length", 7}});
  EXPECT_THAT(tokens("THE the"), ElementsAre("[UNK]", "the"));
  EXPECT_EQ(load()->input_rules().truncation_side, TruncationSide::left);
  EXPECT_EQ(load()->input_rules().max_length, 7U);
  write("tokenizer_config.json", json{{"added_tokens_decoder", json::object()}});
  EXPECT_THAT(tokens("THE the"), ElementsAre("the", "the")) << "an added_tokens_decoder leaves it unread";
}

TEST_F(SpecialTokenSettingsTest, ANamedOneHasTheFlagsOfTheAddedTokenOfItsText) {
  const json decoder = {{"4", token("[MASK]", {{"lstrip", true}, {"normalized", false}})}};
  write("tokenizer_config.json", json{{"mask_token", "[MASK]"}, {"added_tokens_decoder", decoder}});
  EXPECT_THAT(sources_of(*load(), "the [MASK]"), ElementsAre("the", " [MASK]"));
}

TEST_F(SpecialTokenSettingsTest, OneWrittenAsAnObjectIsSoughtInTheTextAsItStands) {
  const json entity = {{"__type", "AddedToken"}, {"content", "[Ent]"}};
  write("tokenizer_config.json", json{{"eos_token", entity}});
  EXPECT_THAT(tokens("[Ent] [ent]"), ElementsAre("[Ent]", "[", "ent", "]"));
  // Without a part its object has to say that it is special.
  write("tokenizer_config.json", json{{"extra_special_tokens", {entity}}});
  EXPECT_THAT(tokens("[Ent] [ent]"), ElementsAre("[Ent]", "[Ent]"));
  write("tokenizer_config.json", json::object());
  write("special_tokens_map.json", json{{"extra_special_tokens", {entity}}});
  EXPECT_THAT(tokens("[Ent] [ent]"), ElementsAre("[Ent]", "[", "ent", "]"));
}

TEST_F(SpecialTokenSettingsTest, AddedTokensOfTheOldFileAreSpecialWhereTheyAreNamed) {
  write("added_tokens.json", json{{"[Ent]", kNext}, {"<A>", kNext + 1}});
  write("tokenizer_config.json", json{{"eos_token", "[Ent]"}});
  EXPECT_THAT(tokens("[Ent] [ent] <a>"), ElementsAre("[Ent]", "[", "ent", "]", "<A>"));
}

TEST_F(SpecialTokenSettingsTest, TheUsualOnesAreNumberedWhereThereIsRoom) {
  write("vocab.txt", std::string("[UNK]\n[CLS]\n[SEP]\nthe\n"));
  write("tokenizer_config.json", json{{"extra_special_tokens", {"<x>"}}});
  EXPECT_EQ(load()->encode("<x>").ids.at(1), 6) << "after [PAD] and [MASK]";
  config_.vocab_size = 6;
  expect_error("has no special token '<x>', and vocab_size in config.json leaves no id for it");
}

TEST_F(SpecialTokenSettingsTest, WhatNoFileOfATokenizerHasIsRefusedByName) {
  for (const char* key : {"vocab", "merges", "post_processor", "tokenizer_truncation"}) {
    write("tokenizer_config.json", json{{key, {{"a", 0}}}});
    expect_error("'" + std::string(key) + "' is an object, expected none");
  }
  write("tokenizer_config.json", json{{"init_inputs", {"vocab.txt"}}});
  expect_error("'init_inputs' is an array, expected none");
  write("tokenizer_config.json", json{{"init_inputs", json::array()}});
  for (const char* key : {"added_tokens_decoder", "model_specific_special_tokens", "vocab_file"}) {
    write("special_tokens_map.json", json{{key, {{"content", "x"}}}});
    expect_error("'" + std::string(key) + "' stands in a file in which it is not read");
  }
}

}  // namespace
}  // namespace transkimmer
