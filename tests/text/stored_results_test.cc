// What Hugging Face's tokenizers answered, stored by differential.py: random tokenizer.json files with texts,
// and every character.
#include <fstream>
#include <iomanip>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/fnv1a.h"
#include "model_files/tokenizer_json.h"
#include "text/bert_normalizer.h"
#include "text/bert_words.h"
#include "text/gpt2_words.h"
#include "text/sample_tokenizers.h"
#include "text/unicode.h"

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

TEST(StoredResults, EveryCharacterIsTreatedAsByHuggingFace) {
  const json decisions = stored_results().at("characters");
  ASSERT_EQ(decisions.size(), 9U);
  for (const json& decision : decisions) EXPECT_EQ(hash_of(decision), decision.at("hash")) << decision;
}

}  // namespace
}  // namespace transkimmer
