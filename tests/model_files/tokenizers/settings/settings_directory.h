#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "model_files/tokenizers/sample_tokenizers.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {

/// Of a small BERT; the first added token has the id kNext.
inline constexpr const char* kVocabulary =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nfilm\nwas\ncovid\n##z\n[\n]\nent\nx\n##s\n";
inline constexpr std::int32_t kNext = 15;

/// A model directory whose tokenizer files a test writes.
class TokenizerSettingsTest : public testing::Test {
 protected:
  TokenizerSettingsTest() {
    config_.vocab_size = 32;
    write("vocab.txt", std::string(kVocabulary));
  }

  void write(const std::string& name, const std::string& content) {
    std::ofstream(directory_ / name) << content;
  }
  void write(const std::string& name, const nlohmann::json& content) { write(name, content.dump()); }
  std::unique_ptr<const Tokenizer> load() { return load_tokenizer(directory_.path(), config_); }
  std::vector<std::string> tokens(const std::string& text) { return tokens_of(*load(), text); }
  void expect_error(const std::string& part) {
    try {
      load();
      ADD_FAILURE() << "no error, expected: " << part;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(part));
    }
  }
  /// A byte-level vocabulary in place of vocab.txt.
  void write_bytes() {
    std::filesystem::remove(directory_ / "vocab.txt");
    write("vocab.json", nlohmann::json{{"<s>", 0},
                                       {"<pad>", 1},
                                       {"</s>", 2},
                                       {"<unk>", 3},
                                       {"<mask>", 4},
                                       {"a", 5},
                                       {"b", 6},
                                       {"\u0120", 7}});
    write("merges.txt", std::string("#version: 0.2\n"));
  }

  test::TemporaryDirectory directory_;
  ModelConfig config_;
};

/// An added token as settings files spell it out; `flags` replace the usual ones.
inline nlohmann::json token(const std::string& content,
                            const nlohmann::json& flags = nlohmann::json::object()) {
  nlohmann::json object = {{"content", content},   {"lstrip", false},    {"rstrip", false},
                           {"single_word", false}, {"normalized", true}, {"special", false}};
  object.update(flags);
  return object;
}

}  // namespace transkimmer
