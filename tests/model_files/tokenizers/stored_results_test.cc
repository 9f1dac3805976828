// What Hugging Face's tokenizers answered, stored by differential.py: random tokenizer.json files with texts,
// and every character.
#include <fstream>
#include <iomanip>
#include <map>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/fnv1a.h"
#include "model_files/tokenizers/sample_tokenizers.h"
#include "model_files/tokenizers/tokenizer_files.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"
#include "support/temporary_directory.h"
#include "text/byte_level_bpe/gpt2_words.h"
#include "text/unicode/unicode.h"
#include "text/wordpiece/bert_normalizer.h"
#include "text/wordpiece/bert_words.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

json stored_results() {
  std::ifstream file(tokenizer_fixture() / "mixtures.json");
  return json::parse(file);
}

/// The template with each of a plane's characters put where it says {0}, one after the other.
std::string text_of_plane(char32_t plane, const std::string& text_template) {
  constexpr std::string_view kPlace = "{0}";
  std::string text;
  for (char32_t c = plane << 16; c < (plane + 1) << 16; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::size_t done = 0;
    for (std::size_t at = 0; (at = text_template.find(kPlace, done)) != std::string::npos;) {
      text.append(text_template, done, at - done);
      append_utf8(c, text);
      done = at + kPlace.size();
    }
    text.append(text_template, done);
  }
  return text;
}

BertNormalizerOptions normalizer_options(const json& stored) {
  return {.clean_text = stored.at("clean_text"),
          .handle_chinese_chars = stored.at("handle_chinese_chars"),
          .strip_accents = stored.at("strip_accents"),
          .lowercase = stored.at("lowercase")};
}

std::string word_ends(const std::string& kind, const std::string& text) {
  std::string ends;
  const auto add = [&](std::size_t end) { ends.append(std::to_string(end)).push_back(' '); };
  if (kind == "bert") {
    for_each_bert_word(text, 0, text.size(), [&](std::size_t, std::size_t end) { add(end); });
  } else {
    for (std::size_t at = 0; at < text.size(); add(at)) at = gpt2_word_end(text, at);
  }
  return ends;
}

/// Of what our code makes of all characters.
std::string hash_of(const json& decision) {
  Fnv1a hash;
  NormalizedText normalized;
  for (char32_t plane = 0; plane <= 0x10; ++plane) {
    const std::string text = text_of_plane(plane, decision.at("template"));
    if (decision.contains("words")) {
      hash.add(word_ends(decision["words"], text));
    } else {
      BertNormalizer(normalizer_options(decision.at("normalizer"))).normalize(text, 0, normalized);
      hash.add(normalized.text());
    }
  }
  std::ostringstream digits;
  digits << std::hex << std::setw(16) << std::setfill('0') << hash.value();
  return digits.str();
}

const std::map<std::string, Truncation> kTruncations = {{"longest_first", Truncation::longest_first},
                                                        {"only_first", Truncation::only_first},
                                                        {"only_second", Truncation::only_second}};

Encoding encoded(const Tokenizer& tokenizer, const json& request) {
  EncodeOptions options = {.truncation = Truncation::none};
  if (request.contains("max_length")) {
    options.max_length = request["max_length"].get<std::size_t>();
    options.truncation = kTruncations.at(request.at("truncation"));
  }
  const json& texts = request.at("texts");
  if (texts.size() == 1) return tokenizer.encode(texts[0].get<std::string>(), options);
  return tokenizer.encode_pair(texts[0].get<std::string>(), texts[1].get<std::string>(), options);
}

/// Ids, type ids, offsets and sequences as the file has them; {"error": true} where there are none.
json as_stored(const Tokenizer& tokenizer, const json& request) {
  try {
    const Encoding encoding = encoded(tokenizer, request);
    json offsets = json::array();
    for (const ByteRange& range : encoding.offsets) offsets.push_back({range.begin, range.end});
    json sequences = json::array();
    for (const Segment segment : encoding.segments)
      sequences.push_back(segment == Segment::special ? json() : json(segment == Segment::second ? 1 : 0));
    return {{"ids", encoding.ids},
            {"type_ids", encoding.type_ids},
            {"offsets", offsets},
            {"sequences", sequences}};
  } catch (const UsageError&) {
    return {{"error", true}};
  }
}

void expect_stored(const Tokenizer& tokenizer, const json& encodings, const std::string& of) {
  for (const json& stored : encodings) {
    const json found = as_stored(tokenizer, stored);
    for (const auto& [key, value] : found.items())
      EXPECT_EQ(value, stored.value(key, json())) << key << " of " << stored << " in " << of;
  }
}

class StoredMixtures : public testing::TestWithParam<const char*> {};

TEST_P(StoredMixtures, EqualHuggingFace) {
  ModelConfig config;
  config.vocab_size = 1 << 20;
  const json mixtures = stored_results().at(GetParam());
  ASSERT_GE(mixtures.size(), 30U);
  for (const json& mixture : mixtures) {
    const std::string text = mixture.at("tokenizer").dump();
    const auto tokenizer = parse_tokenizer_json(text, "tokenizer.json", config);
    expect_stored(*tokenizer, mixture.at("encodings"), text);
  }
}

INSTANTIATE_TEST_SUITE_P(StoredResults, StoredMixtures, testing::Values("mixtures", "pipelines"),
                         [](const auto& name) { return std::string(name.param); });

TEST(StoredResults, RandomSettingsFilesAreReadAsByTransformers) {
  const json mixtures = stored_results().at("settings");
  ASSERT_GE(mixtures.size(), 20U);
  for (const json& mixture : mixtures) {
    const test::TemporaryDirectory directory;
    for (const auto& [name, content] : mixture.at("files").items())
      std::ofstream(directory / name) << content.get<std::string>();
    ModelConfig config;
    config.vocab_size = 1 << 20;
    const bool is_roberta =
        json::parse(mixture["files"]["config.json"].get<std::string>())["model_type"] == "roberta";
    config.model_type = is_roberta ? "roberta" : "bert";
    expect_stored(*load_tokenizer(directory.path(), config), mixture.at("encodings"),
                  mixture.at("files").dump());
  }
}

TEST(StoredResults, EveryCharacterIsTreatedAsByHuggingFace) {
  const json decisions = stored_results().at("characters");
  ASSERT_EQ(decisions.size(), 9U);
  for (const json& decision : decisions) EXPECT_EQ(hash_of(decision), decision.at("hash")) << decision;
}

}  // namespace
}  // namespace transkimmer
