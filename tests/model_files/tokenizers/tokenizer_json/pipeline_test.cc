// What a tokenizer.json of any parts is read as, and which of them are refused.

#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "model_files/tokenizers/settings/settings_directory.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

json sample() {
  return json::parse(std::ifstream(tokenizer_fixture() / "unigram" / "tokenizer.json"));
}

std::unique_ptr<const Tokenizer> parsed(const json& content) {
  ModelConfig config;
  config.vocab_size = 1000;
  return parse_tokenizer_json(content.dump(), "tokenizer.json", config);
}

/// The sample with WordPiece, BPE or WordLevel in place of Unigram, and words cut at white space.
json with_model(const json& model) {
  json content = sample();
  content["model"] = model;
  content["normalizer"] = nullptr;
  content["pre_tokenizer"] = {{"type", "WhitespaceSplit"}};
  content["added_tokens"] = json::array();
  content["post_processor"] = nullptr;
  return content;
}

TEST(TokenizerPipeline, NamesItsAlgorithm) {
  EXPECT_EQ(parsed(sample())->algorithm(), "Unigram");
  EXPECT_EQ(sample_tokenizer("wordpiece")->algorithm(), "WordPiece");
  EXPECT_EQ(sample_tokenizer("byte-level-bpe")->algorithm(), "byte-level BPE");
}

TEST(TokenizerPipeline, CutsWordsAsItsPartsSay) {
  EXPECT_THAT(tokens_of(*parsed(sample()), "the cat\nsat"),
              ElementsAre("\u2581the", "\u2581cat", "\u2581sat"));
  EXPECT_THAT(sources_of(*parsed(sample()), "the  cat"), ElementsAre("the", "cat"));
  const json word_level = {{"type", "WordLevel"}, {"unk_token", "?"}, {"vocab", {{"?", 0}, {"the", 1}}}};
  EXPECT_THAT(tokens_of(*parsed(with_model(word_level)), "the cat"), ElementsAre("the", "?"));
  const json bpe = {{"type", "BPE"},
                    {"end_of_word_suffix", "</w>"},
                    {"vocab", {{"a", 0}, {"b</w>", 1}, {"ab</w>", 2}}},
                    {"merges", json::array({json::array({"a", "b</w>"})})}};
  EXPECT_THAT(tokens_of(*parsed(with_model(bpe)), "ab aab"), ElementsAre("ab</w>", "a", "ab</w>"));
}

TEST(TokenizerPipeline, SpecialTokensAreLaidOutAndFoundAsElsewhere) {
  const auto tokenizer = parsed(sample());
  EXPECT_THAT(tokens_of(*tokenizer, "the <mask>"), ElementsAre("\u2581the", "<mask>"));
  EXPECT_EQ(tokenizer->encode("the").ids.size(), 3U);
  EXPECT_EQ(tokenizer->token(tokenizer->special_tokens().unknown), "<unk>");
  EXPECT_EQ(tokenizer->token(tokenizer->special_tokens().begin), "<s>");
  EXPECT_EQ(tokenizer->token(tokenizer->special_tokens().mask), "<mask>");
}

TEST(TokenizerPipeline, InvalidBytesAreReplaced) {
  const std::string text = "the\xFF cat\xC3";
  for (const Piece& piece : parsed(sample())->pieces(text)) EXPECT_LE(piece.offset.end, text.size());
}

struct Malformed {
  std::function<void(json&)> change;
  const char* message;
};

TEST(TokenizerPipeline, MalformedParts) {
  const json metaspace = {{"type", "Metaspace"}, {"replacement", "_"}};
  const auto pre_tokenizer = [](json part) { return [=](json& j) { j["pre_tokenizer"] = part; }; };
  const auto normalizer = [](json part) { return [=](json& j) { j["normalizer"] = part; }; };
  const Malformed cases[] = {
      {normalizer({{"type", "Sequence"}, {"normalizers", {{{"type", "NFC"}}, {{"type", "Upper"}}}}}),
       "normalizer is of type 'Upper', which is not supported here, expected BertNormalizer, "},
      {normalizer({{"type", "Sequence"}}), "'normalizer.normalizers' is missing"},
      {normalizer({{"type", "Sequence"}, {"normalizers", {3}}}),
       "'normalizer.normalizers' is 3, expected an object"},
      {normalizer({{"type", "Precompiled"}, {"precompiled_charsmap", "!"}}),
       "'normalizer.precompiled_charsmap' is not the Base64 of a character map"},
      {normalizer({{"type", "Precompiled"}, {"precompiled_charsmap", "YWJj"}}), "is not the Base64"},
      {normalizer({{"type", "Strip"}, {"strip_left", true}}), "'normalizer.strip_right' is missing"},
      {normalizer({{"type", "Replace"}, {"pattern", "a"}, {"content", "b"}}),
       "'normalizer.pattern' is \"a\", expected"},
      {normalizer({{"type", "Replace"}, {"pattern", {{"Regex", "(a"}}}, {"content", "b"}}),
       "'normalizer.pattern' is no regular expression: end pattern with unmatched parenthesis"},
      {normalizer({{"type", "Prepend"}}), "'normalizer.prepend' is missing"},
      {normalizer({{"type", "Prepend"}, {"prepend", ""}}),
       "'normalizer.prepend' is \"\", expected some characters"},
      {pre_tokenizer({{"type", "UnicodeScripts"}}), "pre_tokenizer is of type 'UnicodeScripts'"},
      {pre_tokenizer({{"type", "Metaspace"}, {"replacement", "ab"}}),
       "'pre_tokenizer.replacement' is \"ab\", expected one character"},
      {pre_tokenizer({{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "last"}}),
       "'pre_tokenizer.prepend_scheme' is \"last\", expected"},
      {pre_tokenizer({{"type", "Metaspace"}, {"replacement", "_"}, {"add_prefix_space", false}}),
       "'pre_tokenizer.add_prefix_space' is false, which prepend_scheme does not say"},
      {pre_tokenizer({{"type", "Digits"}}), "'pre_tokenizer.individual_digits' is missing"},
      {pre_tokenizer({{"type", "Split"}, {"pattern", {{"String", "a"}}}, {"behavior", "Joined"}}),
       "'pre_tokenizer.behavior' is \"Joined\", expected Removed"},
      {pre_tokenizer({{"type", "CharDelimiterSplit"}, {"delimiter", ""}}),
       "'pre_tokenizer.delimiter' is \"\""},
      {[](json& j) { j["model"]["vocab"][0] = "a"; }, "token 0 is \"a\", expected a text and its score"},
      {[](json& j) { j["model"]["vocab"][0][1] = "a"; },
       "token 0 is an array, expected a text and its score"},
      {[](json& j) { j["model"]["vocab"] = json::array(); },
       "'model.unk_id' is 3, expected an integer from 0 to -1"},
      {[](json& j) { j["model"]["unk_id"] = 5000; }, "'model.unk_id' is 5000, expected an integer from 0 to"},
      {[](json& j) { j["model"]["unk_id"] = nullptr; }, "'model.unk_id' is missing"},
      {[](json& j) { j["model"]["byte_fallback"] = 1; },
       "'model.byte_fallback' is 1, expected true or false"},
      {[](json& j) {
         j["model"] = {{"type", "WordLevel"}, {"vocab", {{"a", 0}}}, {"unk_token", "b"}};
       },
       "has no token 'b', the unknown-word token"},
      {[](json& j) {
         j["model"] = {{"type", "BPE"},
                       {"vocab", {{"a", 0}, {"b", 1}, {"ab", 2}}},
                       {"continuing_subword_prefix", "##"},
                       {"merges", {"a b"}}};
       },
       "token 'b' lacks the prefix of what continues a word"}};
  for (const Malformed& test : cases) {
    json content = sample();
    test.change(content);
    try {
      parsed(content);
      ADD_FAILURE() << "no error, expected: " << test.message;
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), HasSubstr(test.message));
      EXPECT_THAT(error.what(), testing::StartsWith("tokenizer.json"));
    }
  }
}

class TokenizerPipelineFiles : public TokenizerSettingsTest {
 protected:
  TokenizerPipelineFiles() {
    config_.vocab_size = 1000;
    std::filesystem::remove(directory_ / "vocab.txt");
  }
};

TEST_F(TokenizerPipelineFiles, SentencePiecesFileAloneIsRefusedWithWhatToDo) {
  write("sentencepiece.bpe.model", std::string("x"));
  write("tokenizer_config.json", json{{"tokenizer_class", "XLMRobertaTokenizer"}});
  expect_error("sentencepiece.bpe.model: has no tokenizer.json beside it");
  expect_error("AutoTokenizer.from_pretrained(directory).save_pretrained(directory)");
  write("tokenizer.json", sample());
  EXPECT_EQ(load()->algorithm(), "Unigram");
}

TEST_F(TokenizerPipelineFiles, ClassesThatAreBuiltAnewMayNotContradict) {
  write("tokenizer.json", sample());
  for (const char* name :
       {"XLMRobertaTokenizer", "XLMRobertaTokenizerFast", "CamembertTokenizer", "AlbertTokenizerFast"}) {
    write("tokenizer_config.json", json{{"tokenizer_class", name}, {"add_prefix_space", true}});
    EXPECT_EQ(load()->algorithm(), "Unigram") << name;
    EXPECT_THAT(load()->encode_pair("the", "cat").type_ids, testing::Each(0)) << name;
    write("tokenizer_config.json", json{{"tokenizer_class", name}, {"add_prefix_space", false}});
    expect_error("does not do as 'add_prefix_space' of the settings says, which is what " +
                 std::string(name));
  }
  write("tokenizer_config.json", json{{"tokenizer_class", "AlbertTokenizer"}, {"do_lower_case", true}});
  expect_error("does not do as 'do_lower_case' of the settings says");
  write("tokenizer_config.json", json{{"tokenizer_class", "XLMRobertaTokenizer"}, {"do_lower_case", true}});
  EXPECT_NO_THROW(load()) << "it has no such setting";
}

}  // namespace
}  // namespace transkimmer
