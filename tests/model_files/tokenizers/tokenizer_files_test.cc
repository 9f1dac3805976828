#include "model_files/tokenizers/tokenizer_files.h"

#include <fstream>
#include <functional>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class TokenizerFiles : public testing::Test {
 protected:
  TokenizerFiles()
      : directory_(fs::temp_directory_path() / ("transkimmer-tokenizer-" + std::to_string(getpid()))) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
    config_.vocab_size = 1000;
  }
  ~TokenizerFiles() override { fs::remove_all(directory_); }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
  }
  void copy(const std::string& name) {
    fs::copy(tokenizer_fixture() / name, directory_, fs::copy_options::overwrite_existing);
  }
  std::unique_ptr<const Tokenizer> load() { return load_tokenizer(directory_, config_); }
  void expect_error(const std::string& part) {
    try {
      load();
      ADD_FAILURE() << "no error, expected: " << part;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(part));
    }
  }

  fs::path directory_;
  ModelConfig config_;
};

const std::string kSpecials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n";

TEST_F(TokenizerFiles, VocabTxtGivesTheSameAsTokenizerJson) {
  copy("wordpiece/vocab.txt");
  const auto from_json = sample_tokenizer("wordpiece");
  const auto from_vocab = load();
  for (const char* text : {"The Café 日本 [MASK] skimmed!", "<mask> [SEP]"}) {
    EXPECT_EQ(from_vocab->encode(text).ids, from_json->encode(text).ids);
  }
}

TEST_F(TokenizerFiles, VocabJsonAndMergesGiveTheSameAsTokenizerJson) {
  copy("byte-level-bpe/vocab.json");
  copy("byte-level-bpe/merges.txt");
  config_.model_type = "roberta";
  const auto from_json = sample_tokenizer("byte-level-bpe");
  const auto from_vocab = load();
  for (const char* text : {"The café 日本<mask> skimmed!", "it's </s>"}) {
    EXPECT_EQ(from_vocab->encode(text).ids, from_json->encode(text).ids);
  }
  // As transformers 5 has it: that a mask swallows the blank before it is for the files to say.
  EXPECT_THAT(tokens_of(*from_json, "a <mask>"), ElementsAre("a", "<mask>"));
  EXPECT_THAT(tokens_of(*from_vocab, "a <mask>"), ElementsAre("a", "\u0120", "<mask>"));
}

TEST_F(TokenizerFiles, CaseIsKeptWhereTheConfigurationSaysSo) {
  write("vocab.txt", kSpecials + "The\nthe\ncafe\ncafé\n");
  EXPECT_THAT(tokens_of(*load(), "The Café"), ElementsAre("the", "cafe"));
  write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(tokens_of(*load(), "The café"), ElementsAre("The", "café"));
  write("tokenizer_config.json", R"({"do_lower_case": false, "strip_accents": true})");
  EXPECT_THAT(tokens_of(*load(), "The café"), ElementsAre("The", "cafe"));
}

TEST_F(TokenizerFiles, SpecialTokensCanHaveOtherNames) {
  write("vocab.txt", "<p>\n<u>\n<c>\n<e>\ncat\n");
  write("special_tokens_map.json",
        R"({"unk_token": {"content": "<u>"}, "cls_token": "<c>", "sep_token": "<e>", "pad_token": "<p>"})");
  EXPECT_THAT(load()->encode("cat dog").ids, ElementsAre(2, 4, 1, 3));
}

TEST_F(TokenizerFiles, AddPrefixSpaceIsRead) {
  copy("byte-level-bpe/tokenizer.json");
  write("tokenizer_config.json", R"({"add_prefix_space": true})");
  const auto tokenizer = load();
  EXPECT_THAT(tokens_of(*tokenizer, "the the"), ElementsAre("Ġthe", "Ġthe"));
  EXPECT_THAT(sources_of(*tokenizer, "the the"), ElementsAre("the", "the"));
}

TEST_F(TokenizerFiles, CopyTakesWhatIsThere) {
  copy("wordpiece/vocab.txt");
  write("weights.bin", "x");
  const fs::path destination = directory_ / "copy";
  fs::create_directory(destination);
  copy_tokenizer_files(directory_, destination);
  EXPECT_TRUE(fs::exists(destination / "vocab.txt"));
  EXPECT_FALSE(fs::exists(destination / "weights.bin"));
}

TEST_F(TokenizerFiles, CopyLeavesNoTokenizerOfAnotherModel) {
  copy("wordpiece/vocab.txt");
  const fs::path destination = directory_ / "copy";
  fs::create_directory(destination);
  for (const char* const stale : {"tokenizer.json", "vocab.json", "merges.txt", "tokenizer_config.json"})
    std::ofstream(destination / stale) << "{}";
  std::ofstream(destination / "notes.md") << "kept";
  copy_tokenizer_files(directory_, destination);
  std::set<fs::path> left;
  for (const auto& entry : fs::directory_iterator(destination)) left.insert(entry.path().filename());
  EXPECT_EQ(left, (std::set<fs::path>{"notes.md", "vocab.txt"}));
}

TEST_F(TokenizerFiles, NothingIsRemovedForASourceThatIsGone) {
  const fs::path destination = directory_ / "copy";
  fs::create_directory(destination);
  std::ofstream(destination / "vocab.txt") << "kept";
  EXPECT_THROW(copy_tokenizer_files(directory_ / "gone", destination), IoError);
  EXPECT_TRUE(fs::exists(destination / "vocab.txt"));
}

TEST_F(TokenizerFiles, ADirectoryWithoutTokenizerIsAnError) {
  expect_error("has no tokenizer: expected");
}

TEST_F(TokenizerFiles, MalformedVocabTxt) {
  const std::pair<std::string, std::string> cases[] = {
      {"[PAD]\n[CLS]\n[SEP]\n", "has no token '[UNK]'"},
      {"[PAD]\n[UNK]\n[SEP]\n", "has no token '[CLS]'"},
      {"[PAD]\n[UNK]\n[CLS]\n", "has no token '[SEP]'"},
      {"", "has no token '[UNK]'"},
      {kSpecials + "\ncat\n", "vocab.txt:6: is empty, expected a token"},
      {kSpecials + "c\xFF\n", "vocab.txt:6: is not valid UTF-8"},
  };
  for (const auto& [content, message] : cases) {
    write("vocab.txt", content);
    expect_error(message);
  }
  config_.vocab_size = 5;
  write("vocab.txt", kSpecials + "cat\n");
  expect_error("vocab.txt:6: token 'cat' has id 5, expected 0 to 4 (vocab_size in config.json is 5)");
}

TEST_F(TokenizerFiles, MalformedVocabJson) {
  const std::string specials = R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3)";
  write("merges.txt", "");
  const std::pair<std::string, std::string> cases[] = {
      {"[1]", "vocab.json: is an array, expected an object of tokens and ids"},
      {"{", "vocab.json:1: not valid JSON"},
      {specials + R"(, "a": "4"})", "token 'a' has id \"4\", expected an integer"},
      {specials + R"(, "a": -1})", "token 'a' has id -1"},
      {specials + R"(, "a": 99999999999999})", "token 'a' has id 99999999999999"},
      {specials + R"(, "a": 18446744073709551615})", "token 'a' has id"},
      {specials + R"(, "a": 5})", "no token has id 4, although there are 5 tokens"},
      {specials + R"(, "a": 3})", "tokens '<unk>' and 'a' have the same id 3"},
      {specials + R"(, "a": 4, "a": 5})", "key 'a' appears twice"},
      {R"({"a": 0})", "has no token '<unk>'"},
  };
  for (const auto& [content, message] : cases) {
    write("vocab.json", content);
    expect_error(message);
  }
}

TEST_F(TokenizerFiles, MalformedMerges) {
  write("vocab.json", R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "ab": 6})");
  expect_error("merges.txt");  // missing
  const std::pair<std::string, std::string> cases[] = {
      {"#version: 0.2\na b\nab\n", "merges.txt:3: merge 'ab' is malformed"},
      {"a b c\n", "merges.txt:1: merge 'a b c' is malformed"},
      {"a  b\n", "merges.txt:1: merge 'a  b' is malformed"},
      {"a b\n\na b\n", "merges.txt:2: merge '' is malformed"},
      {"a x\n", "merges.txt:1: token 'x' of the merge is not in the vocabulary"},
      {"b a\n", "merges.txt:1: token 'ba' of the merge is not in the vocabulary"},
      {"a \xFF\n", "merges.txt:1: is not valid UTF-8"},
  };
  for (const auto& [content, message] : cases) {
    write("merges.txt", content);
    expect_error(message);
  }
}

TEST_F(TokenizerFiles, MalformedSettings) {
  copy("wordpiece/vocab.txt");
  const std::pair<std::string, std::string> cases[] = {
      {"[]", "tokenizer_config.json: is an array, expected an object"},
      {R"({"do_lower_case": "yes"})", "'do_lower_case' is \"yes\", expected true or false"},
      {R"({"cls_token": 7})", "'cls_token' is 7, expected a token"},
      {R"({"cls_token": "[FIRST]"})", "has no token '[FIRST]'"},
  };
  for (const auto& [content, message] : cases) {
    write("tokenizer_config.json", content);
    expect_error(message);
  }
}

/// A committed tokenizer.json with one thing changed.
struct Malformed {
  const char* fixture;
  std::function<void(json&)> change;
  const char* message;
};

TEST(TokenizerJson, MalformedFiles) {
  const Malformed cases[] = {
      {"wordpiece", [](json& j) { j["model"]["type"] = "Morphemes"; },
       "model.type is 'Morphemes', expected WordPiece, BPE, Unigram or WordLevel"},
      {"wordpiece", [](json& j) { j["model"]["type"] = "Unigram"; },
       "'model.vocab' is an object, expected an array"},
      {"wordpiece", [](json& j) { j.erase("model"); }, "'model' is missing"},
      {"wordpiece", [](json& j) { j["model"]["vocab"] = json::array(); },
       "'model.vocab' is an array, expected an object"},
      {"wordpiece", [](json& j) { j["model"]["vocab"]["cat"] = 1e9; }, "token 'cat' has id"},
      {"wordpiece", [](json& j) { j["model"]["vocab"]["cat"] = -3; }, "token 'cat' has id -3"},
      {"wordpiece", [](json& j) { j["model"]["vocab"]["cat"] = 900; }, "no token has id"},
      {"wordpiece", [](json& j) { j["model"]["vocab"]["cat"] = 1000; },
       "token 'cat' has id 1000, expected 0 to 999"},
      {"wordpiece", [](json& j) { j["model"]["max_input_chars_per_word"] = 0; },
       "'model.max_input_chars_per_word' is 0"},
      {"wordpiece", [](json& j) { j["normalizer"]["type"] = "Translate"; },
       "normalizer is of type 'Translate', which is not supported here, expected BertNormalizer, "},
      {"wordpiece", [](json& j) { j["normalizer"]["lowercase"] = 1; },
       "'normalizer.lowercase' is 1, expected true or false"},
      {"wordpiece", [](json& j) { j["pre_tokenizer"]["type"] = "UnicodeScripts"; },
       "pre_tokenizer is of type 'UnicodeScripts', which is not supported here, expected BertPreTokenizer, "},
      {"wordpiece", [](json& j) { j["pre_tokenizer"]["type"] = "Metaspace"; },
       "'pre_tokenizer.replacement' is missing"},
      {"wordpiece", [](json& j) { j["model"]["unk_token"] = "<nope>"; }, "has no token '<nope>'"},
      {"wordpiece", [](json& j) { j["added_tokens"][0].erase("id"); }, "'added_tokens.id' is missing"},
      {"wordpiece", [](json& j) { j["added_tokens"] = 3; }, "'added_tokens' is 3, expected an array"},
      {"wordpiece", [](json& j) { j["added_tokens"][0].erase("content"); },
       "'added_tokens.content' is missing"},
      {"wordpiece", [](json& j) { j["pre_processor"] = 1; },
       "has the field 'pre_processor', which is not known here"},
      {"wordpiece", [](json& j) { j["post_processor"]["type"] = "Magic"; },
       "post_processor is of type 'Magic', expected"},
      {"byte-level-bpe",
       [](json& j) {
         j["normalizer"] = {{"type", "none"}};
       },
       "normalizer is of type 'none', which is not supported here, expected BertNormalizer, "},
      {"byte-level-bpe", [](json& j) { j["normalizer"] = 3; }, "'normalizer' is 3, expected an object"},
      {"byte-level-bpe", [](json& j) { j["model"]["merges"][0] = "a"; }, "merge 0: merge 'a' is malformed"},
      {"byte-level-bpe", [](json& j) { j["model"]["merges"][1] = 5; }, "merge 1 is 5, expected two tokens"},
      {"byte-level-bpe", [](json& j) { j["model"].erase("merges"); }, "'model.merges' is missing"},
      {"byte-level-bpe",
       [](json& j) {
         j["model"]["end_of_word_suffix"] = "</w>";
         j["model"]["byte_fallback"] = true;
       },
       "'model.byte_fallback' is not supported beside continuing_subword_prefix or end_of_word_suffix"},
      {"byte-level-bpe", [](json& j) { j["model"]["dropout"] = 0.1; }, "model.dropout is more than 0"},
  };
  ModelConfig config;
  config.vocab_size = 1000;
  for (const Malformed& test : cases) {
    std::ifstream file(tokenizer_fixture() / test.fixture / "tokenizer.json");
    json content = json::parse(file);
    test.change(content);
    try {
      parse_tokenizer_json(content.dump(), "tokenizer.json", config);
      ADD_FAILURE() << "no error, expected: " << test.message;
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), HasSubstr(test.message));
      EXPECT_THAT(error.what(), testing::StartsWith("tokenizer.json"));
    }
  }
}

TEST_F(TokenizerFiles, ALinkThatLeadsToItselfIsNoFile) {
  for (const char* name : {"tokenizer.json", "vocab.txt", "vocab.json", "tokenizer_config.json"})
    fs::create_symlink(name, directory_ / name);
  expect_error("has no tokenizer: expected tokenizer.json, vocab.txt, or vocab.json and merges.txt");
}

TEST(TokenizerJson, DeepNestingIsAnError) {
  EXPECT_THROW(parse_tokenizer_json(std::string(1'000'000, '['), "tokenizer.json", {}), FormatError);
}

json fixture(const std::string& name) {
  std::ifstream file(tokenizer_fixture() / name / "tokenizer.json");
  return json::parse(file);
}

std::unique_ptr<const Tokenizer> parsed(const json& content) {
  ModelConfig config;
  config.vocab_size = 1000;
  return parse_tokenizer_json(content.dump(), "tokenizer.json", config);
}

TEST(TokenizerJson, ThePostProcessorLaysInputsOut) {
  json content = fixture("wordpiece");
  content["post_processor"] = nullptr;
  EXPECT_EQ(parsed(content)->encode_pair("the", "cat").ids.size(), 2U);
  EXPECT_THAT(parsed(content)->encode_pair("the", "cat").type_ids, ElementsAre(0, 1));
  EXPECT_TRUE(parsed(content)->encode("").ids.empty());
  content["post_processor"] = {{"type", "RobertaProcessing"},
                               {"sep", {"[SEP]", 3}},
                               {"cls", {"[CLS]", 2}},
                               {"trim_offsets", true},
                               {"add_prefix_space", true}};
  EXPECT_EQ(parsed(content)->encode_pair("the", "cat").ids.size(), 6U);
  EXPECT_THROW(parsed(content)->encode_pair("the", "cat", {.max_length = 3}), UsageError);
  EXPECT_FALSE(parsed(content)->encode_pair("the", "cat", {.max_length = 6}).truncated);
  const Encoding cut = parsed(content)->encode_pair("the cat", "cat", {.max_length = 6});
  EXPECT_EQ(cut.ids.size(), 6U);
  EXPECT_TRUE(cut.truncated);
}

TEST(TokenizerJson, OffsetsAreTrimmedWhereThePostProcessorSaysSo) {
  json content = fixture("byte-level-bpe");
  EXPECT_THAT(sources_of(*parsed(content), "the <mask> the"), ElementsAre("the", "<mask>", "the"));
  content["post_processor"]["trim_offsets"] = false;
  EXPECT_THAT(sources_of(*parsed(content), "the <mask> the"), ElementsAre("the", " <mask>", " the"));
}

TEST(TokenizerJson, AddedTokensAreNoPiecesOfWords) {
  json content = fixture("wordpiece");
  const auto next = content["model"]["vocab"].size();
  const auto add = [&](std::size_t id, const char* text, bool normalized) {
    content["added_tokens"].push_back({{"id", id},
                                       {"content", text},
                                       {"normalized", normalized},
                                       {"single_word", true},
                                       {"special", false}});
  };
  add(next, "thecat", true);
  add(next + 1, "catthe", false);
  const auto with = parsed(content);
  EXPECT_THAT(tokens_of(*with, "thecat catthe THECAT"), ElementsAre("thecat", "catthe", "thecat"));
  const auto without = parsed(fixture("wordpiece"));
  for (const char* text : {"thecats xthecat", "CATTHE", "catthe2", "thecatcat"})
    EXPECT_EQ(tokens_of(*with, text), tokens_of(*without, text)) << text;
}

TEST(TokenizerJson, AddedTokensOfBytesAreNoPiecesOfWords) {
  json content = fixture("byte-level-bpe");
  content["model"]["ignore_merges"] = true;
  const auto without = parsed(content);
  content["added_tokens"].push_back({{"id", content["model"]["vocab"].size()},
                                     {"content", "qqq"},
                                     {"normalized", false},
                                     {"single_word", true}});
  const auto with = parsed(content);
  EXPECT_THAT(tokens_of(*with, "qqq"), ElementsAre("qqq"));
  EXPECT_EQ(tokens_of(*with, "xqqq 1qqq qqqq"), tokens_of(*without, "xqqq 1qqq qqqq"));
}

TEST(TokenizerJson, TheLastOfTwoAddedTokensCounts) {
  json content = fixture("wordpiece");
  const auto next = content["model"]["vocab"].size();
  const json once = {{"id", next}, {"content", "@X"}, {"normalized", false}};
  json again = once;
  again["lstrip"] = true;
  content["added_tokens"].push_back({{"id", 0}, {"content", ""}});  // without text: never found
  content["added_tokens"].push_back(once);
  content["added_tokens"].push_back(again);
  EXPECT_THAT(sources_of(*parsed(content), "the @X"), ElementsAre("the", " @X"));
}

TEST(TokenizerJson, MissingBytesAreFusedWhereTheModelSaysSo) {
  json content = fixture("byte-level-bpe");
  content["model"]["vocab"]["unlike any byte"] = content["model"]["vocab"]["\u0100"];
  content["model"]["vocab"].erase("\u0100");
  content["model"]["unk_token"] = "<unk>";
  const std::string zeros(2, '\0');
  EXPECT_THAT(tokens_of(*parsed(content), zeros), ElementsAre("<unk>", "<unk>"));
  content["model"]["fuse_unk"] = true;
  EXPECT_THAT(tokens_of(*parsed(content), zeros), ElementsAre("<unk>"));
  EXPECT_THAT(sources_of(*parsed(content), zeros), ElementsAre(zeros));
}

TEST(TokenizerJson, AddedTokensStandAloneStripAndAreNormalized) {
  std::ifstream file(tokenizer_fixture() / "wordpiece/tokenizer.json");
  json content = json::parse(file);
  const auto next = content["model"]["vocab"].size();
  content["added_tokens"].push_back(
      {{"id", next}, {"content", "NEWS"}, {"normalized", true}, {"single_word", true}});
  content["added_tokens"].push_back(
      {{"id", next + 1}, {"content", "@X"}, {"lstrip", true}, {"rstrip", true}});
  ModelConfig config;
  config.vocab_size = 1000;
  const auto tokenizer = parse_tokenizer_json(content.dump(), "tokenizer.json", config);
  EXPECT_THAT(tokens_of(*tokenizer, "the News @X cat"), ElementsAre("the", "NEWS", "@X", "cat"));
  EXPECT_THAT(sources_of(*tokenizer, "the News @X cat"), ElementsAre("the", "News", " @X ", "cat"));
  EXPECT_NE(tokens_of(*tokenizer, "xnews")[0], "NEWS");
}

}  // namespace
}  // namespace transkimmer
