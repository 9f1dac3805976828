#include "model_files/tokenizer_settings.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/numbers.h"
#include "base/quoting.h"
#include "model_files/added_token_fields.h"
#include "model_files/json.h"
#include "model_files/json_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void take_boolean(const JsonFields& fields, const char* key, std::optional<bool>& target) {
  if (fields.find(key) != nullptr) target = fields.boolean(key, false);
}

/// In the order in which transformers numbers those that the vocabulary lacks.
struct NamedPart {
  const char* key;
  std::string SpecialTokenNames::*name;
};
constexpr std::array kParts = {NamedPart{"bos_token", &SpecialTokenNames::bos},
                               NamedPart{"eos_token", &SpecialTokenNames::eos},
                               NamedPart{"unk_token", &SpecialTokenNames::unknown},
                               NamedPart{"sep_token", &SpecialTokenNames::separator},
                               NamedPart{"pad_token", &SpecialTokenNames::pad},
                               NamedPart{"cls_token", &SpecialTokenNames::begin},
                               NamedPart{"mask_token", &SpecialTokenNames::mask}};

/// One JSON object of settings, or several of which the later go before the earlier.
class SettingsReader {
 public:
  explicit SettingsReader(TokenizerSettings& settings) : settings_(settings) {}

  void read_options(const JsonFields& fields) {
    take_boolean(fields, "do_lower_case", settings_.do_lower_case);
    take_boolean(fields, "strip_accents", settings_.strip_accents);
    settings_.names_strip_accents = fields.has("strip_accents");
    take_boolean(fields, "tokenize_chinese_chars", settings_.tokenize_chinese_chars);
    take_boolean(fields, "add_prefix_space", settings_.add_prefix_space);
    take_boolean(fields, "trim_offsets", settings_.trim_offsets);
    settings_.split_special_tokens = fields.boolean("split_special_tokens", false);
    read_truncation(fields);
    read_max_length(fields);
    reject_versioned_files(fields);
  }

  /// Named parts, and lists of special tokens without one.
  void read_special_tokens(const JsonFields& fields) {
    for (const NamedPart& part : kParts) {
      const json* const value = fields.find(part.key);
      if (value == nullptr) continue;
      const AddedToken token = special_token(fields, part.key, *value);
      settings_.names.*part.name = token.content;
      put(parts_, part.key, token);
    }
    for (const char* key : {"additional_special_tokens", "extra_special_tokens"})
      if (const json* const value = fields.find(key)) read_list(fields, key, *value);
  }

  /// Special tokens under keys of the model's own: "image_token", say.
  void read_other_parts(const json& object, const JsonFields& fields) {
    for (const auto& [key, value] : object.items()) {
      const bool known = std::any_of(kParts.begin(), kParts.end(),
                                     [&, &name = key](const NamedPart& part) { return name == part.key; });
      if (known || !key.ends_with("_token") || !(value.is_string() || value.is_object())) continue;
      const AddedToken token = special_token(fields, key.c_str(), value);
      put(others_, token.content, token);
    }
  }

  /// {"30": {"content": "[ent]", "normalized": true, ...}, ...}
  void read_decoder(const JsonFields& fields, const json& decoder, const std::string& origin) {
    if (!decoder.is_object()) fields.fail("added_tokens_decoder", decoder, "an object");
    settings_.has_decoder = true;
    settings_.added_tokens_origin = origin;
    for (const auto& [key, value] : decoder.items()) {
      const std::optional<std::int64_t> id = parse_integer(key);
      if (!id || *id < 0 || *id > std::numeric_limits<std::int32_t>::max())
        fields.fail_because("added_tokens_decoder",
                            fmt::format("has the key {}, expected the id of a token", in_quotes(key)));
      if (!value.is_object()) fields.fail("added_tokens_decoder", value, "an object for each token");
      AddedToken token = read_added_token(value, origin, "added_tokens_decoder.");
      token.id = static_cast<std::int32_t>(*id);
      settings_.added_tokens.push_back(std::move(token));
    }
  }

  /// {"[ent]": 30, ...}. Such a token is special where it is named as one, and else sought in normalised
  /// text.
  void read_added_tokens_file(const json& object, const std::string& origin) {
    if (!object.is_object())
      throw FormatError(
          fmt::format("{}: is {}, expected an object of tokens and ids", origin, shown(object)));
    settings_.added_tokens_origin = origin;
    const JsonFields fields(object, origin);
    for (const auto& [content, value] : object.items()) {
      const bool special = is_named(content);
      settings_.added_tokens.push_back({.content = content,
                                        .id = static_cast<std::int32_t>(fields.required_integer(
                                            content.c_str(), {0, std::numeric_limits<std::int32_t>::max()})),
                                        .normalized = !special,
                                        .special = special});
    }
  }

  void finish() {
    for (const NamedPart& part : kParts)
      for (const auto& [key, token] : parts_)
        if (key == part.key) settings_.special_tokens.push_back(token);
    for (const auto& [key, token] : others_) settings_.other_special_tokens.push_back(token);
    std::stable_sort(settings_.added_tokens.begin(), settings_.added_tokens.end(),
                     [](const AddedToken& left, const AddedToken& right) { return left.id < right.id; });
  }

 private:
  using KeyedTokens = std::vector<std::pair<std::string, AddedToken>>;

  static void put(KeyedTokens& tokens, const std::string& key, const AddedToken& token) {
    const auto found =
        std::find_if(tokens.begin(), tokens.end(), [&](const auto& entry) { return entry.first == key; });
    if (found != tokens.end()) {
      found->second = token;
    } else {
      tokens.emplace_back(key, token);
    }
  }

  bool is_named(const std::string& content) const {
    const auto has = [&](const KeyedTokens& tokens) {
      return std::any_of(tokens.begin(), tokens.end(),
                         [&](const auto& entry) { return entry.second.content == content; });
    };
    return has(parts_) || has(others_);
  }

  /// A special token is written as its text, or as an object with the text under "content".
  static AddedToken special_token(const JsonFields& fields, const char* key, const json& value) {
    AddedToken token;
    if (value.is_string()) {
      token.content = value.get<std::string>();
    } else if (value.is_object() && value.contains("content")) {
      token = read_added_token(value, fields.origin(), std::string(key) + ".");
    } else {
      fields.fail(key, value, "a token");
    }
    token.id = -1;
    token.special = true;
    return token;
  }

  void read_list(const JsonFields& fields, const char* key, const json& value) {
    if (!value.is_array() && !value.is_object()) fields.fail(key, value, "an array of tokens");
    for (const json& entry : value) {
      const AddedToken token = special_token(fields, key, entry);
      put(others_, token.content, token);
    }
  }

  void read_truncation(const JsonFields& fields) {
    const std::optional<std::string> side = fields.string("truncation_side");
    if (!side) return;
    if (*side != "left" && *side != "right") fields.fail("truncation_side", *side, "\"left\" or \"right\"");
    settings_.truncation_side = *side == "left" ? TruncationSide::left : TruncationSide::right;
  }

  /// transformers writes 10^30 where there is no limit, and called it max_len once.
  void read_max_length(const JsonFields& fields) {
    for (const char* key : {"max_len", "model_max_length"}) {
      const double length = fields.real(key, {1, std::numeric_limits<double>::max()}, 0);
      constexpr double kNoLimit = 1e9;
      if (length > 0) settings_.max_length = length < kNoLimit ? static_cast<std::size_t>(length) : SIZE_MAX;
    }
  }

  static void reject_versioned_files(const JsonFields& fields) {
    const json* const files = fields.find("fast_tokenizer_files");
    if (files == nullptr) return;
    const auto is_usual = [](const json& name) { return name == "tokenizer.json"; };
    if (!files->is_array() || !std::all_of(files->begin(), files->end(), is_usual))
      fields.fail("fast_tokenizer_files", *files, "[\"tokenizer.json\"]: no other file is read");
  }

  TokenizerSettings& settings_;
  KeyedTokens parts_;
  KeyedTokens others_;
};

/// Of tokenizer_config.json, or else of config.json.
void read_class(const json* tokenizer_config, const std::string& origin, const ModelConfig& config,
                TokenizerSettings& settings) {
  if (tokenizer_config != nullptr) {
    settings.tokenizer_class = JsonFields(*tokenizer_config, origin).string("tokenizer_class");
    settings.named_class_in = origin;
  }
  if (!settings.tokenizer_class) {
    settings.named_class_in = "config.json";
    const json object = parse_json(config.other_json, settings.named_class_in);
    settings.tokenizer_class = JsonFields(object, settings.named_class_in).string("tokenizer_class");
  }
  if (settings.tokenizer_class) settings.what = tokenizer_class_named(*settings.tokenizer_class);
  settings.gives_types = settings.what.gives_types;
}

void read_model_inputs(const JsonFields& fields, TokenizerSettings& settings) {
  const json* const names = fields.find("model_input_names");
  if (names == nullptr) return;
  if (!names->is_array()) fields.fail("model_input_names", *names, "an array");
  settings.gives_types = std::find(names->begin(), names->end(), "token_type_ids") != names->end();
}

json read_object(const fs::path& path) {
  json object = read_json(path);
  if (!object.is_object())
    throw FormatError(fmt::format("{}: is {}, expected an object", path.string(), shown(object)));
  return object;
}

/// Sentence embedders have a limit of their own beside the tokenizer's.
void read_sentence_limit(const fs::path& directory, TokenizerSettings& settings) {
  const fs::path path = directory / "sentence_bert_config.json";
  if (!path_exists(path)) return;
  const json object = read_object(path);
  const std::string origin = path.string();
  constexpr IntegerRange kLengths = {1, 1 << 30};
  const std::int64_t length = JsonFields(object, origin).integer("max_seq_length", kLengths, 0);
  if (length > 0) settings.max_length = static_cast<std::size_t>(length);
}

}  // namespace

void TokenizerSettings::change(std::vector<OffsetTrim>& trims) const {
  if (trim_offsets && !*trim_offsets) trims.clear();
  if (trim_offsets && *trim_offsets && trims.empty()) trims.emplace_back();
  for (OffsetTrim& trim : trims) trim.keeps_prefix_space = add_prefix_space.value_or(trim.keeps_prefix_space);
}

InputRules TokenizerSettings::rules(InputLayout layout) const {
  for (std::vector<LayoutPart>* parts : {&layout.single, &layout.pair})
    for (LayoutPart& part : *parts)
      if (!gives_types) part.type_id = 0;
  return {.layout = std::move(layout), .truncation_side = truncation_side, .max_length = max_length};
}

TokenizerSettings TokenizerSettings::of(const ModelConfig& config) {
  TokenizerSettings settings;
  settings.what = tokenizer_class_named(config.architecture == Architecture::roberta ? "RobertaTokenizer"
                                                                                     : "BertTokenizer");
  settings.gives_types = settings.what.gives_types;
  return settings;
}

TokenizerSettings TokenizerSettings::load(const fs::path& directory, const ModelConfig& config) {
  TokenizerSettings settings = of(config);
  SettingsReader reader(settings);
  if (const fs::path path = directory / "tokenizer_config.json"; path_exists(path)) {
    const json object = read_object(path);
    const std::string origin = path.string();
    const JsonFields fields(object, origin);
    read_class(&object, origin, config, settings);
    reader.read_options(fields);
    read_model_inputs(fields, settings);
    reader.read_special_tokens(fields);
    reader.read_other_parts(object, fields);
    if (const json* const decoder = fields.find("added_tokens_decoder"))
      reader.read_decoder(fields, *decoder, origin);
  } else {
    read_class(nullptr, "", config, settings);
  }
  if (const fs::path path = directory / "special_tokens_map.json";
      !settings.has_decoder && path_exists(path)) {
    const json object = read_object(path);
    const std::string origin = path.string();
    const JsonFields fields(object, origin);
    reader.read_special_tokens(fields);
    reader.read_other_parts(object, fields);
  }
  if (const fs::path path = directory / "added_tokens.json"; !settings.has_decoder && path_exists(path))
    reader.read_added_tokens_file(read_json(path), path.string());
  reader.finish();
  if (config.head == HeadKind::none) read_sentence_limit(directory, settings);
  return settings;
}

}  // namespace transkimmer
