// Which tokenizer.json is read for which class, and where settings and tokenizer.json have to agree.

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/settings/settings_directory.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

class TokenizerClassTest : public TokenizerSettingsTest {
 protected:
  TokenizerClassTest() { take("wordpiece"); }

  void take(const std::string& name) {
    config_.vocab_size = 1000;
    content_ = json::parse(std::ifstream(tokenizer_fixture() / name / "tokenizer.json"));
    write("tokenizer.json", content_);
  }
  void name_class(const std::string& name, json settings = json::object()) {
    settings["tokenizer_class"] = name;
    write("tokenizer_config.json", settings);
  }

  json content_;
};

TEST_F(TokenizerClassTest, OtherAlgorithmsAreRefusedWhateverTokenizerJsonSays) {
  for (const char* name :
       {"BertJapaneseTokenizer", "CanineTokenizer", "ClvpTokenizer", "DiaTokenizer", "GPTSw3Tokenizer",
        "M2M100TokenizerFast", "PhobertTokenizer", "PLBartTokenizer", "RoFormerTokenizerFast",
        "SiglipTokenizer", "SpeechT5Tokenizer", "TransfoXLTokenizer", "Wav2Vec2CTCTokenizer"}) {
    name_class(name);
    expect_error("'tokenizer_class' is '" + std::string(name) +
                 "', expected a class that does as its tokenizer.json says");
  }
}

TEST_F(TokenizerClassTest, TheLegacyClassAndTheReaderAreOfBertsFamily) {
  std::filesystem::remove(directory_ / "tokenizer.json");
  for (const char* name : {"BertTokenizerLegacy", "DPRReaderTokenizerFast"}) {
    name_class(name);
    EXPECT_THAT(tokens("The films"), ElementsAre("the", "film", "##s")) << name;
    EXPECT_THAT(load()->encode_pair("the", "film").type_ids, testing::Each(0)) << name;
  }
}

TEST_F(TokenizerClassTest, SettingsThatContradictTokenizerJsonAreRefusedByNameWhereTheyGoFirst) {
  for (const char* name : {"MPNetTokenizer", "FunnelTokenizerFast", "SplinterTokenizer"}) {
    for (const char* key : {"do_lower_case", "tokenize_chinese_chars", "strip_accents", "clean_text"}) {
      name_class(name, {{key, false}});
      expect_error("tokenizer.json: does not do as '" + std::string(key) +
                   "' of the settings says, which is what " + name + " does");
      name_class(name, {{key, true}});
      EXPECT_NO_THROW(load()) << name << " " << key;
    }
  }
  name_class("FunnelTokenizer", {{"wordpieces_prefix", "@@"}});
  expect_error("does not do as 'wordpieces_prefix' of the settings says");
  name_class("SomeTokenizer", {{"do_lower_case", false}});
  EXPECT_THAT(tokens("The cat"), ElementsAre("the", "cat"))
      << "of a class that is not known only its file counts";
}

TEST_F(TokenizerClassTest, ThePrefixSpaceOfGpt2IsThatOfTokenizerJsonOrRefused) {
  take("byte-level-bpe");
  const bool prefix = content_["pre_tokenizer"]["add_prefix_space"];
  name_class("GPT2Tokenizer", {{"add_prefix_space", prefix}});
  EXPECT_NO_THROW(load());
  name_class("GPT2Tokenizer", {{"add_prefix_space", !prefix}});
  expect_error("does not do as 'add_prefix_space' of the settings says");
}

TEST_F(TokenizerClassTest, ATemplateWithOtherTokensThanTheSettingsNameIsRefused) {
  content_["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single",
       {{{"SpecialToken", {{"id", "[CLS]"}, {"type_id", 0}}}},
        {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
      {"pair",
       {{{"Sequence", {{"id", "A"}, {"type_id", 0}}}}, {{"Sequence", {{"id", "B"}, {"type_id", 1}}}}}},
      {"special_tokens", {{"[CLS]", {{"id", "[CLS]"}, {"ids", {2}}, {"tokens", {"[CLS]"}}}}}}};
  write("tokenizer.json", content_);
  name_class("BertTokenizer", {{"cls_token", "[CLS]"}, {"sep_token", "[SEP]"}});
  EXPECT_EQ(load()->encode("the").ids.size(), 2U) << "what the template lacks is not put in";
  name_class("BertTokenizer", {{"cls_token", "[MASK]"}});
  expect_error("other tokens around a text than 'cls_token' of the settings of BertTokenizer names");
  name_class("PreTrainedTokenizerFast", {{"cls_token", "[MASK]"}});
  EXPECT_EQ(load()->encode("the").ids.front(), 2);
}

TEST_F(TokenizerClassTest, LeftoversOfAnExportNameTheSideOfTruncationAndThePad) {
  content_["truncation"] = {
      {"direction", "Left"}, {"max_length", 3}, {"strategy", "LongestFirst"}, {"stride", 0}};
  content_["padding"] = {{"strategy", "BatchLongest"},
                         {"direction", "Right"},
                         {"pad_id", 0},
                         {"pad_type_id", 0},
                         {"pad_token", "<pad>"}};
  write("tokenizer.json", content_);
  name_class("PreTrainedTokenizerFast");
  EXPECT_EQ(load()->input_rules().truncation_side, TruncationSide::left);
  EXPECT_THAT(tokens("<pad>"), ElementsAre("<pad>"));
  name_class("PreTrainedTokenizerFast", {{"truncation_side", "right"}, {"pad_token", nullptr}});
  EXPECT_EQ(load()->input_rules().truncation_side, TruncationSide::right);
  EXPECT_NE(tokens("<pad>").size(), 1U);
  name_class("BertTokenizer");
  EXPECT_NE(tokens("<pad>").size(), 1U) << "its pad is [PAD]";
  content_["truncation"]["direction"] = "Up";
  write("tokenizer.json", content_);
  expect_error("'truncation.direction' is 'Up', expected Left or Right");
}

}  // namespace
}  // namespace transkimmer
