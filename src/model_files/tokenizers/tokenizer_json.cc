#include "model_files/tokenizers/tokenizer_json.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/tokenizers/added_token_fields.h"
#include "model_files/tokenizers/added_token_list.h"
#include "model_files/tokenizers/post_processor.h"
#include "model_files/tokenizers/vocabulary_files.h"
#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/wordpiece/wordpiece.h"
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
    reject_unknown_fields();
    const json& model = required_object(root_, "model");
    const std::string type = model_type(model);
    if (type != "WordPiece" && type != "BPE") {
      throw FormatError(
          fmt::format("{}: model.type is {}, expected WordPiece or BPE", origin_, in_quotes(type)));
    }
    read_vocabulary(model);
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

  /// Those that tokenizers knows; version and decoder do not change a text's ids.
  void reject_unknown_fields() const {
    constexpr std::array<std::string_view, 9> kKnown = {"version",        "truncation", "padding",
                                                        "added_tokens",   "normalizer", "pre_tokenizer",
                                                        "post_processor", "decoder",    "model"};
    for (const auto& [key, value] : root_.items())
      if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
        throw FormatError(
            fmt::format("{}: has the field {}, which is not known here", origin_, in_quotes(key)));
  }

  bool settings_go_first() const { return settings_.go_first(); }

  /// Of leftovers of an export transformers takes two things where the settings say nothing: the side at
  /// which texts are cut, and the token that pads. The lengths are without effect.
  std::optional<std::string> leftover(const char* key, const char* name) const {
    const json* const object = JsonFields(root_, origin_).find(key);
    if (object == nullptr) return std::nullopt;
    if (!object->is_object()) JsonFields(root_, origin_).fail(key, *object, "an object");
    return JsonFields(*object, origin_, std::string(key) + ".").string(name);
  }

  TruncationSide truncation_side() const {
    if (settings_.truncation_side) return *settings_.truncation_side;
    const std::string direction = leftover("truncation", "direction").value_or("Right");
    if (direction != "Left" && direction != "Right")
      throw FormatError(fmt::format("{}: 'truncation.direction' is {}, expected Left or Right", origin_,
                                    in_quotes(direction)));
    return direction == "Left" ? TruncationSide::left : TruncationSide::right;
  }

  /// Classes that transformers builds anew have names by default; the others only what tokenizer.json says.
  SpecialTokenNames default_names() const {
    SpecialTokenNames names;
    if (!settings_.what.rebuilt) names.pad = leftover("padding", "pad_token").value_or("");
    return names;
  }

  std::vector<AddedToken> added_tokens(const SpecialTokenNames& usual) {
    AddedTokenList tokens(vocabulary_);
    const JsonFields fields(root_, origin_);
    if (const json* const list = fields.find("added_tokens")) {
      if (!list->is_array()) fields.fail("added_tokens", *list, "an array");
      for (const json& entry : *list) {
        if (!entry.is_object()) fields.fail("added_tokens", entry, "an object for each token");
        AddedToken token = read_added_token(entry, origin_, "added_tokens.");
        token.id = static_cast<std::int32_t>(
            JsonFields(entry, origin_, "added_tokens.").required_integer("id", kIds));
        tokens.put(token, origin_);
      }
    }
    tokens.put(settings_, settings_go_first() ? usual : default_names());
    return tokens.take();
  }

  SpecialTokenNames names(const json& model, const SpecialTokenNames& usual) const {
    SpecialTokenNames own;
    own.unknown = JsonFields(model, origin_, "model.").string("unk_token").value_or("");
    if (settings_go_first())
      return settings_.special_tokens.without_dropped(
          usual.overridden_by(own).overridden_by(settings_.names));
    return usual.overridden_by(default_names()).overridden_by(settings_.names).overridden_by(own);
  }

  /// What does not depend on the algorithm. The model's own tokens and merges have been read.
  template <class Model>
  void read_common(const SpecialTokenNames& names, Model& built) {
    built.added_tokens = added_tokens(names);
    const PostProcessing processing = post_processing();
    built.rules = settings_.rules(processing.layout);
    built.rules.truncation_side = truncation_side();
    built.rules.offset_trims = processing.offset_trims;
    if (settings_go_first()) settings_.change(built.rules.offset_trims);
    built.special_tokens = special_tokens(names, processing.layout);
    built.special_in_text = settings_.special_in_text();
  }

  PostProcessing post_processing() const {
    ProcessingTokens instead;
    const auto named = [&](const std::string& name) -> std::optional<std::int32_t> {
      if (name.empty() || !settings_go_first()) return std::nullopt;
      return vocabulary_.required(name, "special");
    };
    instead.begin = named(settings_.names.begin);
    instead.separator = named(settings_.names.separator);
    const PostProcessing processing = read_post_processor(JsonFields(root_, origin_).find("post_processor"),
                                                          vocabulary_.size(), instead, origin_);
    reject_other_ends(processing.layout.single, instead);
    return processing;
  }

  /// A template may put other tokens around a text than settings name, which go before it in these classes.
  void reject_other_ends(const std::vector<LayoutPart>& parts, const ProcessingTokens& named) const {
    const auto is_special = [](const LayoutPart& part) { return part.segment == Segment::special; };
    const auto text = std::find_if_not(parts.begin(), parts.end(), is_special);
    const auto differs = [](auto begin, auto end, std::optional<std::int32_t> id) {
      return id && begin != end &&
             std::none_of(begin, end, [&](const LayoutPart& part) { return part.id == *id; });
    };
    const bool other_begin = differs(parts.begin(), text, named.begin);
    if (!other_begin && !differs(text == parts.end() ? text : text + 1, parts.end(), named.separator)) return;
    throw FormatError(
        fmt::format("{}: post_processor has other tokens around a text than '{}' of the settings of {} names",
                    origin_, other_begin ? "cls_token" : "sep_token", settings_.class_name()));
  }

  SpecialTokens special_tokens(const SpecialTokenNames& names, const InputLayout& layout) const {
    SpecialTokens tokens = {.unknown = vocabulary_.find(names.unknown),
                            .begin = vocabulary_.find(names.begin),
                            .separator = vocabulary_.find(names.separator),
                            .mask = vocabulary_.find(names.mask)};
    const std::vector<LayoutPart>& single = layout.single;
    if (!single.empty() && single.front().segment == Segment::special) tokens.begin = single.front().id;
    if (!single.empty() && single.back().segment == Segment::special) tokens.separator = single.back().id;
    const std::int32_t pad = vocabulary_.find(names.pad);
    tokens.pad = pad >= 0 ? pad : static_cast<std::int32_t>(config_.pad_token_id);
    return tokens;
  }

  std::unique_ptr<const Tokenizer> build_wordpiece(const json& model) {
    const JsonFields fields(model, origin_, "model.");
    WordPieceModel built;
    built.continuing_prefix = fields.string("continuing_subword_prefix").value_or("##");
    built.max_characters_per_word =
        static_cast<std::size_t>(fields.integer("max_input_chars_per_word", {1, 1 << 20}, 100));
    reject_contradiction("wordpieces_prefix", settings_.wordpieces_prefix, built.continuing_prefix);
    built.normalizer = bert_normalizer();
    if (component("pre_tokenizer", "BertPreTokenizer") == nullptr) {
      throw FormatError(origin_ + ": pre_tokenizer is missing, expected BertPreTokenizer");
    }
    const SpecialTokenNames own_names = names(model, SpecialTokenNames::bert());
    read_common(own_names, built);
    vocabulary_.required(own_names.unknown, "unknown-word");
    built.vocabulary = vocabulary_.take();
    return std::make_unique<const WordPieceTokenizer>(std::move(built));
  }

  BertNormalizerOptions bert_normalizer() const {
    const json* normalizer = component("normalizer", "BertNormalizer");
    if (normalizer == nullptr) {
      const BertNormalizerOptions none = {
          .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};
      reject_other_settings(none);
      return none;
    }
    const JsonFields fields(*normalizer, origin_, "normalizer.");
    BertNormalizerOptions options;
    options.clean_text = fields.boolean("clean_text", true);
    options.handle_chinese_chars = fields.boolean("handle_chinese_chars", true);
    options.lowercase = fields.boolean("lowercase", true);
    const bool has_own = fields.find("strip_accents") != nullptr;
    if (settings_go_first()) {
      options.handle_chinese_chars = settings_.tokenize_chinese_chars.value_or(options.handle_chinese_chars);
      options.lowercase = settings_.do_lower_case.value_or(options.lowercase);
    }
    // Without a value of its own, accents follow the case.
    options.strip_accents = has_own ? fields.boolean("strip_accents", false) : options.lowercase;
    reject_other_settings(options);
    if (settings_go_first() && settings_.names_strip_accents)
      options.strip_accents = settings_.strip_accents.value_or(options.lowercase);
    return options;
  }

  /// Classes that transformers builds anew do as their settings say, whatever tokenizer.json says.
  template <class Value>
  void reject_contradiction(const char* key, const std::optional<Value>& set, const Value& here) const {
    if (!settings_.what.rebuilt || !set || *set == here) return;
    throw FormatError(fmt::format("{}: does not do as '{}' of the settings says, which is what {} does",
                                  origin_, key, settings_.class_name()));
  }

  void reject_other_settings(const BertNormalizerOptions& options) const {
    reject_contradiction("do_lower_case", settings_.do_lower_case, options.lowercase);
    reject_contradiction("tokenize_chinese_chars", settings_.tokenize_chinese_chars,
                         options.handle_chinese_chars);
    reject_contradiction("clean_text", settings_.clean_text, options.clean_text);
    if (settings_.names_strip_accents)
      reject_contradiction("strip_accents",
                           std::optional<bool>(settings_.strip_accents.value_or(options.lowercase)),
                           options.strip_accents);
  }

  std::unique_ptr<const Tokenizer> build_byte_level_bpe(const json& model) {
    const JsonFields fields(model, origin_, "model.");
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (const auto affix = fields.string(key); affix && !affix->empty()) {
        throw FormatError(fmt::format("{}: model.{} is {}, which byte-level BPE does not have", origin_, key,
                                      in_quotes(*affix)));
      }
    }
    if (fields.real("dropout", {0, 1}, 0) > 0)
      throw FormatError(origin_ + ": model.dropout is more than 0, which makes ids a matter of chance");
    if (fields.boolean("byte_fallback", false) && !has_every_byte())
      throw FormatError(origin_ + ": model.byte_fallback is not supported where bytes have no token");
    reject_normalizer();
    const json* pre_tokenizer = component("pre_tokenizer", "ByteLevel");
    if (pre_tokenizer == nullptr)
      throw FormatError(origin_ + ": pre_tokenizer is missing, expected ByteLevel");
    const JsonFields splitting(*pre_tokenizer, origin_, "pre_tokenizer.");
    if (!splitting.boolean("use_regex", true)) {
      throw FormatError(origin_ + ": pre_tokenizer.use_regex is false, which is not supported");
    }
    ByteLevelBpeModel built;
    built.add_prefix_space = splitting.boolean("add_prefix_space", true);
    reject_contradiction("add_prefix_space", settings_.add_prefix_space, built.add_prefix_space);
    if (settings_go_first())
      built.add_prefix_space = settings_.add_prefix_space.value_or(built.add_prefix_space);
    built.ignore_merges = fields.boolean("ignore_merges", false);
    built.fuse_missing_bytes = fields.boolean("fuse_unk", false);
    built.merges = merges(fields);
    const SpecialTokenNames own_names = names(model, SpecialTokenNames::roberta());
    read_common(own_names, built);
    if (fields.string("unk_token"))
      built.missing_byte = vocabulary_.required(own_names.unknown, "unknown-word");
    built.vocabulary = vocabulary_.take();
    return std::make_unique<const ByteLevelBpeTokenizer>(std::move(built));
  }

  /// Then nothing falls back to the bytes of a character.
  bool has_every_byte() const {
    for (int byte = 0; byte < 256; ++byte)
      if (vocabulary_.find(symbol_of_byte(static_cast<unsigned char>(byte))) < 0) return false;
    return true;
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
};

}  // namespace

std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& origin,
                                                      const ModelConfig& config,
                                                      const TokenizerSettings& settings) {
  const json root = parse_json(text, origin);
  return TokenizerJson(root, origin, config, settings).build();
}

}  // namespace transkimmer
