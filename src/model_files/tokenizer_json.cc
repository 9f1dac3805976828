#include "model_files/tokenizer_json.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/quoting.h"
#include "model_files/json.h"
#include "model_files/json_fields.h"
#include "model_files/vocabulary_files.h"
#include "text/byte_level_bpe.h"
#include "text/wordpiece.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr IntegerRange kIds = {0, std::numeric_limits<std::int32_t>::max()};

class TokenizerJson {
 public:
  TokenizerJson(const json& root, const std::string& origin, const ModelConfig& config,
                const TokenizerSettings& settings)
      : root_(root),
        origin_(origin),
        config_(config),
        settings_(settings),
        vocabulary_(origin, config.vocab_size) {}

  std::unique_ptr<const Tokenizer> build() {
    if (!root_.is_object())
      throw FormatError(fmt::format("{}: is {}, expected an object", origin_, shown(root_)));
    const json& model = required_object(root_, "model");
    const std::string type = model_type(model);
    if (type != "WordPiece" && type != "BPE") {
      throw FormatError(
          fmt::format("{}: model.type is {}, expected WordPiece or BPE", origin_, in_quotes(type)));
    }
    read_vocabulary(model);
    read_added_tokens();
    if (type == "WordPiece") return build_wordpiece(model);
    return build_byte_level_bpe(model);
  }

 private:
  const json& required_object(const json& parent, const char* key) const {
    const JsonFields fields(parent, origin_);
    const json* value = fields.find(key);
    if (value == nullptr) fields.fail_missing(key);
    if (!value->is_object()) fields.fail(key, *value, "an object");
    return *value;
  }

  /// Early files name no type: a list of merges gives BPE away.
  std::string model_type(const json& model) const {
    const JsonFields fields(model, origin_, "model.");
    return fields.string("type").value_or(model.contains("merges") ? "BPE" : "WordPiece");
  }

  /// The object under `key`, which must be of the one type we know, or null when it is absent.
  const json* component(const char* key, std::string_view expected_type) const {
    const JsonFields fields(root_, origin_);
    const json* value = fields.find(key);
    if (value == nullptr) return nullptr;
    if (!value->is_object()) fields.fail(key, *value, "an object");
    const std::string type = JsonFields(*value, origin_, std::string(key) + ".").string("type").value_or("");
    if (type != expected_type) {
      throw FormatError(fmt::format("{}: {} is of type {}, which is not supported here, expected {}", origin_,
                                    key, in_quotes(type), expected_type));
    }
    return value;
  }

  void read_vocabulary(const json& model) {
    for (const auto& [token, id] : required_object(model, "vocab").items()) {
      if (!id.is_number_integer()) {
        throw FormatError(
            fmt::format("{}: token {} has id {}, expected an integer", origin_, in_quotes(token), shown(id)));
      }
      vocabulary_.add(token, id.get<std::int64_t>(), origin_);
    }
  }

  void read_added_tokens() {
    const JsonFields fields(root_, origin_);
    const json* list = fields.find("added_tokens");
    if (list == nullptr) return;
    if (!list->is_array()) fields.fail("added_tokens", *list, "an array");
    for (const json& entry : *list) {
      if (!entry.is_object()) fields.fail("added_tokens", entry, "an object for each token");
      const JsonFields token_fields(entry, origin_, "added_tokens.");
      AddedToken token;
      token.content = token_fields.string("content").value_or("");
      if (token.content.empty()) token_fields.fail_missing("content");
      token.id = static_cast<std::int32_t>(token_fields.required_integer("id", kIds));
      token.single_word = token_fields.boolean("single_word", false);
      token.lstrip = token_fields.boolean("lstrip", false);
      token.rstrip = token_fields.boolean("rstrip", false);
      token.normalized = token_fields.boolean("normalized", false);
      vocabulary_.add_if_new(token.content, token.id, origin_);
      added_tokens_.push_back(std::move(token));
    }
  }

  SpecialTokens special_tokens(const json& model, SpecialTokenNames defaults) {
    SpecialTokenNames own;
    own.unknown = JsonFields(model, origin_, "model.").string("unk_token").value_or("");
    read_post_processor(own);
    const SpecialTokenNames names = defaults.overridden_by(own).overridden_by(settings_.names);
    // transformers makes its special tokens added tokens, whether or not the file lists them as such.
    for (const std::string* name :
         {&names.pad, &names.unknown, &names.begin, &names.separator, &names.mask}) {
      const std::int32_t id = vocabulary_.find(*name);
      const bool is_listed = std::any_of(added_tokens_.begin(), added_tokens_.end(),
                                         [&](const AddedToken& token) { return token.content == *name; });
      if (id >= 0 && !is_listed) added_tokens_.push_back({.content = *name, .id = id});
    }
    return vocabulary_.special_tokens(names, config_.pad_token_id);
  }

  /// {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]} names two special tokens. Templates
  /// are taken to be the architecture's own.
  void read_post_processor(SpecialTokenNames& names) const {
    const JsonFields fields(root_, origin_);
    const json* processor = fields.find("post_processor");
    if (processor == nullptr) return;
    if (!processor->is_object()) fields.fail("post_processor", *processor, "an object");
    const auto name = [&](const char* key) -> std::string {
      const auto found = processor->find(key);
      const bool is_pair =
          found != processor->end() && found->is_array() && !found->empty() && found->front().is_string();
      return is_pair ? found->front().get<std::string>() : std::string();
    };
    names.begin = name("cls");
    names.separator = name("sep");
  }

  std::unique_ptr<const Tokenizer> build_wordpiece(const json& model) {
    const JsonFields fields(model, origin_, "model.");
    WordPieceModel built;
    built.continuing_prefix = fields.string("continuing_subword_prefix").value_or("##");
    built.max_characters_per_word =
        static_cast<std::size_t>(fields.integer("max_input_chars_per_word", {1, 1 << 20}, 100));
    built.normalizer = bert_normalizer();
    if (component("pre_tokenizer", "BertPreTokenizer") == nullptr) {
      throw FormatError(origin_ + ": pre_tokenizer is missing, expected BertPreTokenizer");
    }
    built.special_tokens = special_tokens(model, SpecialTokenNames::bert());
    built.added_tokens = std::move(added_tokens_);
    built.vocabulary = vocabulary_.take();
    return std::make_unique<const WordPieceTokenizer>(std::move(built));
  }

  BertNormalizerOptions bert_normalizer() const {
    const json* normalizer = component("normalizer", "BertNormalizer");
    if (normalizer == nullptr) {
      return {.clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};
    }
    const JsonFields fields(*normalizer, origin_, "normalizer.");
    BertNormalizerOptions options;
    options.clean_text = fields.boolean("clean_text", true);
    options.handle_chinese_chars =
        settings_.tokenize_chinese_chars.value_or(fields.boolean("handle_chinese_chars", true));
    options.lowercase = settings_.do_lower_case.value_or(fields.boolean("lowercase", true));
    options.strip_accents =
        settings_.strip_accents.value_or(fields.boolean("strip_accents", options.lowercase));
    return options;
  }

  std::unique_ptr<const Tokenizer> build_byte_level_bpe(const json& model) {
    const JsonFields fields(model, origin_, "model.");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (const auto affix = fields.string(key); affix && !affix->empty()) {
        throw FormatError(fmt::format("{}: model.{} is {}, which byte-level BPE does not have", origin_, key,
                                      in_quotes(*affix)));
      }
    }
    for (const char* key : {"byte_fallback", "fuse_unk"}) {
      if (fields.boolean(key, false))
        throw FormatError(fmt::format("{}: model.{} is not supported", origin_, key));
    }
    reject_normalizer();
    const json* pre_tokenizer = component("pre_tokenizer", "ByteLevel");
    if (pre_tokenizer == nullptr)
      throw FormatError(origin_ + ": pre_tokenizer is missing, expected ByteLevel");
    const JsonFields splitting(*pre_tokenizer, origin_, "pre_tokenizer.");
    if (!splitting.boolean("use_regex", true)) {
      throw FormatError(origin_ + ": pre_tokenizer.use_regex is false, which is not supported");
    }
    ByteLevelBpeModel built;
    built.add_prefix_space = settings_.add_prefix_space.value_or(splitting.boolean("add_prefix_space", true));
    built.ignore_merges = fields.boolean("ignore_merges", false);
    built.merges = merges(fields);
    built.special_tokens = special_tokens(model, SpecialTokenNames::roberta());
    if (fields.string("unk_token")) built.missing_byte = built.special_tokens.unknown;
    built.added_tokens = std::move(added_tokens_);
    built.vocabulary = vocabulary_.take();
    return std::make_unique<const ByteLevelBpeTokenizer>(std::move(built));
  }

  void reject_normalizer() const {
    if (JsonFields(root_, origin_).find("normalizer") == nullptr) return;
    const json& normalizer = required_object(root_, "normalizer");
    const std::string type = JsonFields(normalizer, origin_, "normalizer.").string("type").value_or("");
    throw FormatError(
        fmt::format("{}: normalizer is of type {}, which is not supported here, expected no normalizer",
                    origin_, in_quotes(type)));
  }

  /// A merge is "left right", or ["left", "right"] in newer files.
  std::vector<BpeMerge> merges(const JsonFields& model) const {
    const json* list = model.find("merges");
    if (list == nullptr) model.fail_missing("merges");
    if (!list->is_array()) model.fail("merges", *list, "an array");
    std::vector<BpeMerge> merges;
    merges.reserve(list->size());
    for (const json& entry : *list) {
      const std::string where = fmt::format("{}: merge {}", origin_, merges.size());
      if (entry.is_string()) {
        merges.push_back(resolve_merge(entry.get_ref<const std::string&>(), vocabulary_, where));
      } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
        merges.push_back(resolve_merge(entry[0].get_ref<const std::string&>(),
                                       entry[1].get_ref<const std::string&>(), vocabulary_, where));
      } else {
        throw FormatError(fmt::format("{} is {}, expected two tokens", where, shown(entry)));
      }
    }
    return merges;
  }

  const json& root_;
  const std::string& origin_;
  const ModelConfig& config_;
  const TokenizerSettings& settings_;
  VocabularyBuilder vocabulary_;
  std::vector<AddedToken> added_tokens_;
};

}  // namespace

std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& origin,
                                                      const ModelConfig& config,
                                                      const TokenizerSettings& settings) {
  const json root = parse_json(text, origin);
  return TokenizerJson(root, origin, config, settings).build();
}

}  // namespace transkimmer
