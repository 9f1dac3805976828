#include "model_files/tokenizers/settings/tokenizer_settings.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "model_files/architectures/architecture.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/json/settings_file.h"
#include "model_files/tokenizers/settings/added_token_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

void take_boolean(const JsonFields& fields, const char* key, std::optional<bool>& target) {
  if (fields.find(key) != nullptr) target = fields.boolean(key, false);
}

/// One JSON object of settings, or several of which the later go before the earlier.
class SettingsReader {
 public:
  explicit SettingsReader(TokenizerSettings& settings) : settings_(settings) {}

  void read_options(const JsonFields& fields) {
    take_boolean(fields, "do_lower_case", settings_.do_lower_case);
    take_boolean(fields, "strip_accents", settings_.strip_accents);
    if (fields.has("strip_accents") && fields.find("strip_accents") == nullptr)
      settings_.strip_accents.reset();
    settings_.names_strip_accents |= fields.has("strip_accents");
    take_boolean(fields, "tokenize_chinese_chars", settings_.tokenize_chinese_chars);
    take_boolean(fields, "add_prefix_space", settings_.add_prefix_space);
    take_boolean(fields, "trim_offsets", settings_.trim_offsets);
    take_boolean(fields, "keep_accents", settings_.keep_accents);
    take_boolean(fields, "clean_text", settings_.clean_text);
    if (auto prefix = fields.string("wordpieces_prefix")) settings_.wordpieces_prefix = std::move(prefix);
    settings_.split_special_tokens = fields.boolean("split_special_tokens", settings_.split_special_tokens);
    read_truncation(fields);
    read_max_length(fields);
    read_model_inputs(fields);
    reject_parts_of_tokenizers(fields);
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
      if (!value.contains("normalized")) settings_.normalized_by_default.insert(token.content);
      settings_.added_tokens.push_back(std::move(token));
    }
  }

  /// {"[ent]": 30, ...}. Such a token is special where it is named as one, and else sought in normalised
  /// text.
  void read_added_tokens_file(const SettingsFile& file, const std::set<std::string>& special_ones) {
    settings_.added_tokens_origin = file.origin;
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    for (const auto& [content, unused] : file.in_order.items()) {
      // JsonFields takes no key with a NUL in it, which a text may have.
      const std::string key = content.c_str();
      const json entry = {{key, file.object.at(content)}};
      const JsonFields fields(entry, file.origin);
      const bool special = special_ones.contains(content);
      settings_.added_tokens.push_back(
          {.content = content,
           .id = static_cast<std::int32_t>(fields.required_integer(key.c_str(), {0, kMost})),
           .normalized = !special,
           .special = special});
    }
  }

  static void reject_versioned_files(const JsonFields& fields) {
    const json* const files = fields.find("fast_tokenizer_files");
    if (files == nullptr) return;
    const auto is_usual = [](const json& name) { return name == "tokenizer.json"; };
    if (!files->is_array() || !std::all_of(files->begin(), files->end(), is_usual))
      fields.fail("fast_tokenizer_files", *files, "[\"tokenizer.json\"]: no other file is read");
  }

 private:
  void read_truncation(const JsonFields& fields) {
    const std::optional<std::string> side = fields.string("truncation_side");
    if (!side) return;
    if (*side != "left" && *side != "right") fields.fail("truncation_side", *side, "\"left\" or \"right\"");
    settings_.truncation_side = *side == "left" ? TruncationSide::left : TruncationSide::right;
  }

  /// transformers writes 10^30 where there is no limit, and called it max_len once.
  void read_max_length(const JsonFields& fields) {
    const bool is_newer = fields.has("model_max_length");
    if (!is_newer && (has_newer_length_ || !fields.has("max_len"))) return;
    has_newer_length_ |= is_newer;
    constexpr double kNoLimit = 1e9;
    const double length = fields.real(is_newer ? "model_max_length" : "max_len",
                                      {1, std::numeric_limits<double>::max()}, kNoLimit);
    settings_.max_length = length < kNoLimit ? static_cast<std::size_t>(length) : SIZE_MAX;
  }

  void read_model_inputs(const JsonFields& fields) {
    const json* const names = fields.find("model_input_names");
    if (names == nullptr) return;
    if (!names->is_array()) fields.fail("model_input_names", *names, "an array");
    settings_.gives_types = std::find(names->begin(), names->end(), "token_type_ids") != names->end();
  }

  /// Arguments that transformers' classes take, and no file of a tokenizer has; these would go before
  /// vocabulary and layout.
  static void reject_parts_of_tokenizers(const JsonFields& fields) {
    for (const char* key : {"vocab", "merges", "tokenizer_object", "gguf_file", "post_processor",
                            "tokenizer_truncation", "tokenizer_padding", "_json_truncation", "_json_padding"})
      if (const json* const value = fields.find(key)) fields.fail(key, *value, "none");
    if (const json* const inputs = fields.find("init_inputs"); inputs != nullptr && !inputs->empty())
      fields.fail("init_inputs", *inputs, "none");
  }

  TokenizerSettings& settings_;
  bool has_newer_length_ = false;
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

/// What a class of BERT or RoBERTa does without is not told.
void reject_dropped_parts(const JsonFields& fields, const TokenizerSettings& settings) {
  if (!settings.go_first()) return;
  for (const char* key : {"unk_token", "sep_token", "cls_token"})
    if (fields.has(key) && fields.find(key) == nullptr)
      fields.fail_because(key, fmt::format("is null, which leaves {} without", settings.class_name()));
}

/// There they replace the layout of a tokenizer.json; in tokenizer_config.json they do not.
void reject_layout_of_map(const JsonFields& fields, const TokenizerSettings& settings) {
  if (settings.go_first()) return;
  for (const char* key : {"add_bos_token", "add_eos_token"})
    if (fields.has(key)) fields.fail_because(key, "stands in a file in which it is not read");
}

/// Sentence embedders have a limit of their own beside the tokenizer's.
void read_sentence_limit(const fs::path& directory, TokenizerSettings& settings) {
  const std::optional<SettingsFile> file = SettingsFile::read(directory / "sentence_bert_config.json");
  if (!file) return;
  constexpr IntegerRange kLengths = {1, 1 << 30};
  const std::int64_t length = file->fields().integer("max_seq_length", kLengths, 0);
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
  return {.layout = std::move(layout),
          .truncation_side = truncation_side.value_or(TruncationSide::right),
          .max_length = max_length};
}

TokenizerSettings TokenizerSettings::of(const ModelConfig& config) {
  TokenizerSettings settings;
  settings.what = tokenizer_class_named(architecture_of(config.model_type).tokenizer_class);
  settings.gives_types = settings.what.gives_types;
  return settings;
}

std::string TokenizerSettings::class_name() const {
  if (tokenizer_class) return *tokenizer_class;
  return what.family == TokenizerFamily::roberta ? "RobertaTokenizer" : "BertTokenizer";
}

TokenizerSettings TokenizerSettings::load(const fs::path& directory, const ModelConfig& config) {
  TokenizerSettings settings = of(config);
  SettingsReader reader(settings);
  SpecialTokenReader special_tokens;
  const std::optional<SettingsFile> file = SettingsFile::read(directory / "tokenizer_config.json");
  read_class(file ? &file->object : nullptr, file ? file->origin : "", config, settings);
  if (file) {
    reader.read_options(file->fields());
    SettingsReader::reject_versioned_files(file->fields());
    reject_dropped_parts(file->fields(), settings);
    special_tokens.read_tokenizer_config(*file);
    if (const json* const decoder = file->fields().find("added_tokens_decoder"))
      reader.read_decoder(file->fields(), *decoder, file->origin);
  }
  if (!settings.has_decoder) {
    if (const auto map = SettingsFile::read(directory / "special_tokens_map.json")) {
      reader.read_options(map->fields());
      reject_dropped_parts(map->fields(), settings);
      reject_layout_of_map(map->fields(), settings);
      special_tokens.read_special_tokens_map(*map);
    }
    if (const auto added = SettingsFile::read(directory / "added_tokens.json"))
      reader.read_added_tokens_file(*added, special_tokens.special_in_added_tokens());
  }
  // A model without a table of types is fed none, whatever class its tokenizer is of.
  if (architecture_of(config.model_type).types == TokenTypes::none) settings.gives_types = false;
  settings.special_tokens = special_tokens.take();
  settings.names = settings.special_tokens.names();
  if (config.head == HeadKind::none || config.head == HeadKind::embedding)
    read_sentence_limit(directory, settings);
  return settings;
}

}  // namespace transkimmer
