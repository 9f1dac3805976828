// Every setting that changes ids is honoured, or refused by name. The expectations are what Hugging Face's
// tokenizers and transformers give for the same files.

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "model_files/tokenizers/settings/settings_directory.h"
#include "model_files/tokenizers/tokenizer_files.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;
namespace fs = std::filesystem;

TEST_F(TokenizerSettingsTest, AddedTokensJsonIsRead) {
  write("added_tokens.json", json{{"covidz", kNext + 1}, {"[ent]", kNext}});
  EXPECT_THAT(load()->encode("the [ENT] film was covidz").ids, ElementsAre(2, 5, kNext, 6, 7, kNext + 1, 3));
  EXPECT_THAT(tokens("covidzz"), ElementsAre("covidz", "[UNK]")) << "found inside of words, too";
}

TEST_F(TokenizerSettingsTest, AddedTokensDecoderIsRead) {
  write(
      "tokenizer_config.json",
      json{{"added_tokens_decoder",
            {{std::to_string(kNext), token("[ent]")},
             {std::to_string(kNext + 1), token("covidz", {{"normalized", false}, {"single_word", true}})}}}});
  EXPECT_THAT(tokens("the [ENT] covidz"), ElementsAre("the", "[ent]", "covidz"));
  // An added token is not a piece of words, nor found in a text of another case when that is not normalised.
  EXPECT_THAT(tokens("covidzs COVIDZ"), ElementsAre("covid", "##z", "##s", "covid", "##z"));
}

TEST_F(TokenizerSettingsTest, AddedTokensDecoderGoesBeforeTheOlderFiles) {
  write("tokenizer_config.json", json{{"added_tokens_decoder", {{std::to_string(kNext), token("[ent]")}}}});
  write("added_tokens.json", json{{"covidz", kNext}});
  write("special_tokens_map.json", json{{"additional_special_tokens", {"[film]"}}});
  EXPECT_THAT(tokens("[ent] covidz [film]"), ElementsAre("[ent]", "covid", "##z", "[", "film", "]"));
}

TEST_F(TokenizerSettingsTest, SpecialTokensMapGoesBeforeTokenizerConfig) {
  write("vocab.txt", std::string(kVocabulary) + "<c>\n");
  write("tokenizer_config.json", json{{"cls_token", "[CLS]"}});
  write("special_tokens_map.json", json{{"cls_token", "<c>"}});
  EXPECT_EQ(load()->encode("the").ids.front(), kNext);
}

TEST_F(TokenizerSettingsTest, AdditionalSpecialTokensAreFoundWhole) {
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    write("tokenizer_config.json", json{{key, {"[ent]", token("@", {{"lstrip", true}})}}});
    const auto tokenizer = load();
    EXPECT_THAT(tokenizer->encode("the [ent] @ x").ids, ElementsAre(2, 5, kNext, kNext + 1, 13, 3));
    EXPECT_THAT(sources_of(*tokenizer, "the @"), ElementsAre("the", " @"));
    EXPECT_THAT(tokens("[ENT]"), ElementsAre("[", "ent", "]"));
  }
}

TEST_F(TokenizerSettingsTest, TokensUnderKeysOfTheirOwnAreSpecial) {
  write("tokenizer_config.json", json{{"entity_token", "[ent]"}, {"eos_token", "[film]"}});
  EXPECT_THAT(tokens("[ent] [film]"), ElementsAre("[ent]", "[film]"));
}

TEST_F(TokenizerSettingsTest, AddedTokensAreNumberedOnFromTheVocabulary) {
  // Whatever id the file says, as in Hugging Face's tokenizers.
  write("added_tokens.json", json{{"[ent]", kNext + 1}, {"film", 7}});
  EXPECT_THAT(load()->encode("[ent] film").ids, ElementsAre(2, kNext, 6, 3));
  write("added_tokens.json", json{{"[ent]", kNext}});
  config_.vocab_size = kNext;
  expect_error("token '[ent]' has id 15, expected 0 to 14");
  fs::remove(directory_ / "added_tokens.json");
  write("tokenizer_config.json", json{{"additional_special_tokens", {"[ent]"}}});
  expect_error("has no special token '[ent]', and vocab_size in config.json leaves no id for it");
  write("tokenizer_config.json", json{{"mask_token", "[HIDDEN]"}, {"bos_token", "[BOS]"}});
  EXPECT_EQ(load()->special_tokens().mask, -1) << "a name that leads nowhere does no harm";
}

TEST_F(TokenizerSettingsTest, MalformedAddedTokens) {
  const std::pair<json, std::string> cases[] = {
      {{{"added_tokens_decoder", json::array()}}, "'added_tokens_decoder' is an array, expected an object"},
      {{{"added_tokens_decoder", {{"x", token("y")}}}}, "'added_tokens_decoder' has the key 'x'"},
      {{{"added_tokens_decoder", {{"15", "y"}}}}, "expected an object for each token"},
      {{{"added_tokens_decoder", {{"15", {{"lstrip", true}}}}}}, "'added_tokens_decoder.content' is missing"},
      {{{"added_tokens_decoder", {{"15", token("y", {{"lstrip", 1}})}}}},
       "'added_tokens_decoder.lstrip' is 1, expected true or false"},
      {{{"additional_special_tokens", "[ent]"}}, "expected an array of tokens"},
      {{{"additional_special_tokens", {1}}}, "'additional_special_tokens' is 1, expected a token"},
      {{{"truncation_side", "top"}}, "'truncation_side' is \"top\", expected \"left\" or \"right\""},
      {{{"model_max_length", "long"}}, "'model_max_length' is \"long\""},
      {{{"model_input_names", 1}}, "'model_input_names' is 1, expected an array"},
      {{{"fast_tokenizer_files", {"tokenizer.4.json"}}}, "'fast_tokenizer_files' is"},
  };
  for (const auto& [content, message] : cases) {
    write("tokenizer_config.json", content);
    expect_error(message);
  }
  fs::remove(directory_ / "tokenizer_config.json");
  write("added_tokens.json", json::array());
  expect_error("added_tokens.json: is an array, expected an object");
  write("added_tokens.json", json{{"[ent]", "15"}});
  expect_error("'[ent]' is \"15\", expected an integer");
}

TEST_F(TokenizerSettingsTest, ClassesOfTheSameAlgorithmAreRead) {
  for (const char* name : {"BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer",
                           "ElectraTokenizerFast", "MobileBertTokenizer", "LayoutLMTokenizerFast"}) {
    write("tokenizer_config.json", json{{"tokenizer_class", name}});
    EXPECT_THAT(tokens("The films"), ElementsAre("the", "film", "##s")) << name;
  }
  write_bytes();
  for (const char* name :
       {"RobertaTokenizer", "RobertaTokenizerFast", "BartTokenizer", "LongformerTokenizer"}) {
    write("tokenizer_config.json", json{{"tokenizer_class", name}});
    EXPECT_THAT(tokens("a b"), ElementsAre("a", "\u0120", "b")) << name;
  }
}

TEST_F(TokenizerSettingsTest, ClassesOfOtherAlgorithmsAreRefusedByName) {
  for (const char* name :
       {"BertJapaneseTokenizer", "BertweetTokenizer", "HerbertTokenizerFast", "MyTokenizer",
        "AlbertTokenizerFast", "PreTrainedTokenizerFast", "MPNetTokenizer"}) {
    write("tokenizer_config.json", json{{"tokenizer_class", name}});
    expect_error("tokenizer_config.json: 'tokenizer_class' is '" + std::string(name) + "', expected");
  }
  write("tokenizer_config.json", json{{"tokenizer_class", "RobertaTokenizer"}});
  expect_error("'tokenizer_class' is 'RobertaTokenizer', expected one of BERT, whose vocab.txt there is");
  fs::remove(directory_ / "tokenizer_config.json");
  config_.other_json = R"({"tokenizer_class": "BertJapaneseTokenizer"})";
  expect_error("config.json: 'tokenizer_class' is 'BertJapaneseTokenizer'");
  write("tokenizer_config.json", json{{"tokenizer_class", "BertTokenizer"}});
  EXPECT_NO_THROW(load()) << "tokenizer_config.json goes first";
}

TEST_F(TokenizerSettingsTest, AClassInPythonAloneIsNoTokenizerJson) {
  fs::copy(tokenizer_fixture() / "wordpiece/tokenizer.json", directory_.path());
  config_.vocab_size = 1000;
  write("tokenizer_config.json", json{{"tokenizer_class", "BertJapaneseTokenizer"}});
  expect_error("this one is code of its own");
  write("tokenizer_config.json", json{{"tokenizer_class", "SomeTokenizerFast"}});
  EXPECT_THAT(tokens("The cat"), ElementsAre("the", "cat")) << "as tokenizer.json says";
  write("tokenizer_config.json",
        json{{"tokenizer_class", "PreTrainedTokenizerFast"}, {"do_lower_case", false}});
  EXPECT_THAT(tokens("The cat"), ElementsAre("the", "cat")) << "a setting of BERT's class alone";
  write("tokenizer_config.json", json{{"tokenizer_class", "BertTokenizer"}, {"do_lower_case", false}});
  EXPECT_THAT(tokens("The cat").back(), "cat");
  EXPECT_NE(tokens("The cat").front(), "the");
}

TEST_F(TokenizerSettingsTest, TheModelMaxLengthIsTheLongestInput) {
  config_.max_position_embeddings = 40;
  const auto longest = [&] { return longest_input(config_, *load()); };
  EXPECT_EQ(longest(), 40U);
  write("tokenizer_config.json", json{{"model_max_length", 20}});
  EXPECT_EQ(longest(), 20U);
  write("tokenizer_config.json", json{{"model_max_length", 512}});
  EXPECT_EQ(longest(), 40U);
  write("tokenizer_config.json", std::string(R"({"model_max_length": 1000000000000000019884624838656})"));
  EXPECT_EQ(longest(), 40U);
  write("tokenizer_config.json", json{{"max_len", 10}});
  EXPECT_EQ(longest(), 10U);
  EXPECT_EQ(longest_input(config_, *load(), 30), 30U) << "whoever asks for more gets it";
  EXPECT_EQ(longest_input(config_, *load(), 50), 40U) << "but no more than the position table has";
}

TEST_F(TokenizerSettingsTest, SentenceEmbeddersHaveALimitOfTheirOwn) {
  config_.max_position_embeddings = 40;
  write("tokenizer_config.json", json{{"model_max_length", 30}});
  write("sentence_bert_config.json", json{{"max_seq_length", 20}, {"do_lower_case", false}});
  EXPECT_EQ(longest_input(config_, *load()), 20U);
  config_.head = HeadKind::classification;
  EXPECT_EQ(longest_input(config_, *load()), 30U);
}

TEST_F(TokenizerSettingsTest, LeftoversOfAnExportCutNothing) {
  json content = json::parse(std::ifstream(tokenizer_fixture() / "wordpiece/tokenizer.json"));
  content["truncation"] = {{"max_length", 3}, {"strategy", "LongestFirst"}, {"stride", 0}};
  content["padding"] = {{"strategy", {{"Fixed", 9}}}, {"direction", "Right"}, {"pad_id", 0}};
  write("tokenizer.json", content);
  config_.vocab_size = 1000;
  const Encoding encoding = load()->encode("the cat the cat");
  EXPECT_EQ(encoding.ids.size(), 6U);
  EXPECT_FALSE(encoding.truncated);
}

TEST_F(TokenizerSettingsTest, TheSideOfTruncationIsHonoured) {
  write("tokenizer_config.json", json{{"truncation_side", "left"}});
  const auto tokenizer = load();
  const Encoding encoding = tokenizer->encode("the film was covid", {.max_length = 4});
  EXPECT_THAT(encoding.ids, ElementsAre(2, 7, 8, 3));
  EXPECT_TRUE(encoding.truncated);
  EXPECT_EQ(encoding.offsets[1].begin, 9U);
  EXPECT_THAT(tokenizer->encode_pair("the film", "was covid x", {.max_length = 6}).ids,
              ElementsAre(2, 6, 3, 8, 13, 3));
}

TEST_F(TokenizerSettingsTest, TypesAreGivenWhereTheModelTakesThem) {
  EXPECT_THAT(load()->encode_pair("the", "film").type_ids, ElementsAre(0, 0, 0, 1, 1));
  write("tokenizer_config.json", json{{"tokenizer_class", "DistilBertTokenizer"}});
  EXPECT_THAT(load()->encode_pair("the", "film").type_ids, testing::Each(0));
  write("tokenizer_config.json", json{{"model_input_names", {"input_ids", "attention_mask"}}});
  EXPECT_THAT(load()->encode_pair("the", "film").type_ids, testing::Each(0));
}

TEST_F(TokenizerSettingsTest, AModelWithoutTypesIsGivenNoneWhateverTheClass) {
  config_.model_type = "distilbert";
  write("tokenizer_config.json", json{{"tokenizer_class", "BertTokenizer"}});
  EXPECT_THAT(load()->encode_pair("the", "film").type_ids, testing::Each(0));
  write("tokenizer_config.json", json{{"model_input_names", {"input_ids", "token_type_ids"}}});
  EXPECT_THAT(load()->encode_pair("the", "film").type_ids, testing::Each(0));
}

TEST_F(TokenizerSettingsTest, NullForAccentsMeansAsTheCase) {
  json content = json::parse(std::ifstream(tokenizer_fixture() / "wordpiece/tokenizer.json"));
  config_.vocab_size = 1000;
  content["normalizer"]["strip_accents"] = false;
  write("tokenizer.json", content);
  EXPECT_NE(tokens("caf\u00e9").front(), "cafe");
  write("tokenizer_config.json", std::string(R"({"strip_accents": null})"));
  EXPECT_EQ(tokens("caf\u00e9").front(), "cafe");
}

TEST_F(TokenizerSettingsTest, SplitSpecialTokensAreReadAsPlainText) {
  write("tokenizer_config.json", json{{"additional_special_tokens", {"[ent]", "film"}}});
  const std::string text = "the [SEP] film [ent] [MASK]";
  EXPECT_THAT(tokens(text), ElementsAre("the", "[SEP]", "film", "[ent]", "[MASK]"));
  const auto split = load_tokenizer(directory_.path(), config_, {.split_special_tokens = true});
  // A special token without any punctuation is plain text all the same, so none comes of any text.
  EXPECT_THAT(tokens_of(*split, text),
              ElementsAre("the", "[", "[UNK]", "]", "[UNK]", "[", "ent", "]", "[", "[UNK]", "]"));
  EXPECT_THAT(split->encode("[SEP]").ids, ElementsAre(2, 10, 1, 11, 3)) << "the layout's stay";
  write("tokenizer_config.json", json{{"split_special_tokens", true}});
  EXPECT_THAT(tokens("[SEP]"), ElementsAre("[", "[UNK]", "]"));
}

TEST_F(TokenizerSettingsTest, SplitSpecialTokensOfBytes) {
  write_bytes();
  json vocabulary = json::parse(std::ifstream(directory_ / "vocab.json"));
  for (const char* piece : {"<", "s", ">", "/", "p", "d", "sp", "ad"}) {
    const auto next = vocabulary.size();
    vocabulary[piece] = next;
  }
  write("vocab.json", vocabulary);
  write("merges.txt", std::string("a d\ns p\n"));
  config_.model_type = "roberta";
  write("tokenizer_config.json", json{{"additional_special_tokens", {"sp"}}});
  EXPECT_THAT(tokens("<s>ad</s><pad>sp"), ElementsAre("<s>", "ad", "</s>", "<pad>", "sp"));
  const auto split = load_tokenizer(directory_.path(), config_, {.split_special_tokens = true});
  EXPECT_THAT(tokens_of(*split, "<s>ad</s><pad>sp"),
              ElementsAre("<", "s", ">", "ad", "<", "/", "s", ">", "<", "p", "ad", ">", "s", "p"));
}

TEST_F(TokenizerSettingsTest, FilesOfAddedTokensAreCopied) {
  write("added_tokens.json", json{{"[ent]", kNext}});
  const fs::path copy = directory_ / "copy";
  fs::create_directory(copy);
  copy_tokenizer_files(directory_.path(), copy);
  EXPECT_THAT(tokens_of(*load_tokenizer(copy, config_), "[ent]"), ElementsAre("[ent]"));
}

}  // namespace
}  // namespace transkimmer
