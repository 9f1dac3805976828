#include "model_files/tokenizers/vocabulary/wordpiece_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/files/file.h"
#include "model_files/tokenizers/vocabulary/vocabulary_builder.h"

namespace transkimmer {
namespace {

using Json = nlohmann::ordered_json;

class TokenizerJsonWriter {
 public:
  TokenizerJsonWriter(const Vocabulary& vocabulary, const BertNormalizerOptions& normalizer)
      : vocabulary_(vocabulary), normalizer_(normalizer) {}

  Json root() const {
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added_tokens()},
            {"normalizer", normalizer()},
            {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
            {"post_processor", post_processor()},
            {"decoder", {{"type", "WordPiece"}, {"prefix", "##"}, {"cleanup", true}}},
            {"model", model()}};
  }

 private:
  std::size_t id_of(const std::string& token) const {
    const auto& tokens = vocabulary_.tokens();
    return static_cast<std::size_t>(std::find(tokens.begin(), tokens.end(), token) - tokens.begin());
  }

  Json added_tokens() const {
    const std::array special = {names_.pad, names_.unknown, names_.begin, names_.separator, names_.mask};
    Json list = Json::array();
    for (const std::string& token : special) {
      list.push_back({{"id", id_of(token)},
                      {"content", token},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", true}});
    }
    return list;
  }

  Json normalizer() const {
    // Without a value of its own, accents follow the case.
    const bool follows = normalizer_.strip_accents == normalizer_.lowercase;
    return {{"type", "BertNormalizer"},
            {"clean_text", normalizer_.clean_text},
            {"handle_chinese_chars", normalizer_.handle_chinese_chars},
            {"strip_accents", follows ? Json(nullptr) : Json(normalizer_.strip_accents)},
            {"lowercase", normalizer_.lowercase}};
  }

  static Json special(const std::string& token, int type_id) {
    return {{"SpecialToken", {{"id", token}, {"type_id", type_id}}}};
  }
  static Json sequence(const char* name, int type_id) {
    return {{"Sequence", {{"id", name}, {"type_id", type_id}}}};
  }
  Json template_token(const std::string& token) const {
    return {{"id", token}, {"ids", Json::array({id_of(token)})}, {"tokens", Json::array({token})}};
  }

  Json post_processor() const {
    const Json begin = special(names_.begin, 0);
    const Json separator = special(names_.separator, 0);
    return {{"type", "TemplateProcessing"},
            {"single", Json::array({begin, sequence("A", 0), separator})},
            {"pair", Json::array({begin, sequence("A", 0), separator, sequence("B", 1),
                                  special(names_.separator, 1)})},
            {"special_tokens",
             {{names_.begin, template_token(names_.begin)},
              {names_.separator, template_token(names_.separator)}}}};
  }

  Json model() const {
    // Pushed, not assigned by key: an ordered object looks for each key among all others.
    Json::object_t ids;
    ids.reserve(vocabulary_.size());
    for (std::size_t id = 0; id < vocabulary_.size(); ++id)
      ids.Container::emplace_back(vocabulary_.tokens()[id], id);
    return {{"type", "WordPiece"},
            {"unk_token", names_.unknown},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", std::move(ids)}};
  }

  const Vocabulary& vocabulary_;
  const BertNormalizerOptions& normalizer_;
  const SpecialTokenNames names_ = SpecialTokenNames::bert();
};

Json tokenizer_config(const BertNormalizerOptions& normalizer) {
  const SpecialTokenNames names = SpecialTokenNames::bert();
  return {{"do_lower_case", normalizer.lowercase},
          {"strip_accents", normalizer.strip_accents},
          {"tokenize_chinese_chars", normalizer.handle_chinese_chars},
          {"pad_token", names.pad},
          {"unk_token", names.unknown},
          {"cls_token", names.begin},
          {"sep_token", names.separator},
          {"mask_token", names.mask},
          {"tokenizer_class", "BertTokenizer"}};
}

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomically(path, value.dump(2) + "\n");
}

}  // namespace

void write_wordpiece_files(const std::filesystem::path& directory, const Vocabulary& vocabulary,
                           const BertNormalizerOptions& normalizer) {
  write_file_atomically(directory / "vocab.txt", [&](std::ostream& out) {
    for (const std::string& token : vocabulary.tokens()) out << token << '\n';
  });
  write_json(directory / "tokenizer_config.json", tokenizer_config(normalizer));
  write_json(directory / "tokenizer.json", TokenizerJsonWriter(vocabulary, normalizer).root());
}

}  // namespace transkimmer
