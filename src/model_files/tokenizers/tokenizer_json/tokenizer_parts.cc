#include "model_files/tokenizers/tokenizer_json/tokenizer_parts.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/tokenizers/settings/added_token_fields.h"
#include "model_files/tokenizers/settings/added_token_list.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

constexpr IntegerRange kIds = {0, std::numeric_limits<std::int32_t>::max()};

}  // namespace

TokenizerParts::TokenizerParts(const json& root, const std::string& origin, const ModelConfig& config,
                               const TokenizerSettings& settings)
    : root_(root),
      origin_(origin),
      config_(config),
      settings_(settings),
      model_(object_of(root, "model")),
      vocabulary_(origin, config.vocab_size) {}

const json& TokenizerParts::object_of(const json& parent, const char* key) const {
  const JsonFields fields(parent, origin_);
  const json* value = fields.find(key);
  if (value == nullptr) fields.fail_missing(key);
  if (!value->is_object()) fields.fail(key, *value, "an object");
  return *value;
}

/// Of leftovers of an export transformers takes two things where the settings say nothing: the side at
/// which texts are cut, and the token that pads. The lengths are without effect.
std::optional<std::string> TokenizerParts::leftover(const char* key, const char* name) const {
  const json* const object = JsonFields(root_, origin_).find(key);
  if (object == nullptr) return std::nullopt;
  if (!object->is_object()) JsonFields(root_, origin_).fail(key, *object, "an object");
  return JsonFields(*object, origin_, std::string(key) + ".").string(name);
}

TruncationSide TokenizerParts::truncation_side() const {
  if (settings_.truncation_side) return *settings_.truncation_side;
  const std::string direction = leftover("truncation", "direction").value_or("Right");
  if (direction != "Left" && direction != "Right")
    throw FormatError(fmt::format("{}: 'truncation.direction' is {}, expected Left or Right", origin_,
                                  in_quotes(direction)));
  return direction == "Left" ? TruncationSide::left : TruncationSide::right;
}

/// Classes that transformers builds anew have names by default; the others only what tokenizer.json says.
SpecialTokenNames TokenizerParts::default_names() const {
  SpecialTokenNames names;
  if (!settings_.what.rebuilt) names.pad = leftover("padding", "pad_token").value_or("");
  return names;
}

std::vector<AddedToken> TokenizerParts::added_tokens(const SpecialTokenNames& usual) {
  AddedTokenList tokens(vocabulary_);
  const JsonFields fields(root_, origin_);
  if (const json* const list = fields.find("added_tokens")) {
    if (!list->is_array()) fields.fail("added_tokens", *list, "an array");
    for (const json& entry : *list) {
      if (!entry.is_object()) fields.fail("added_tokens", entry, "an object for each token");
      AddedToken token = read_added_token(entry, origin_, "added_tokens.");
      token.id =
          static_cast<std::int32_t>(JsonFields(entry, origin_, "added_tokens.").required_integer("id", kIds));
      tokens.put(token, origin_);
    }
  }
  tokens.put(settings_, settings_.go_first() ? usual : default_names());
  return tokens.take();
}

SpecialTokenNames TokenizerParts::names(const std::string& unknown, const SpecialTokenNames& usual) const {
  SpecialTokenNames own;
  own.unknown = unknown;
  if (settings_.go_first())
    return settings_.special_tokens.without_dropped(usual.overridden_by(own).overridden_by(settings_.names));
  return usual.overridden_by(default_names()).overridden_by(settings_.names).overridden_by(own);
}

CommonParts TokenizerParts::common(const SpecialTokenNames& names) {
  CommonParts parts;
  parts.added_tokens = added_tokens(names);
  const PostProcessing processing = post_processing();
  parts.rules = settings_.rules(processing.layout);
  parts.rules.truncation_side = truncation_side();
  parts.rules.offset_trims = processing.offset_trims;
  if (settings_.go_first()) settings_.change(parts.rules.offset_trims);
  parts.special_tokens = special_tokens(names, processing.layout);
  parts.special_in_text = settings_.special_in_text();
  return parts;
}

PostProcessing TokenizerParts::post_processing() const {
  ProcessingTokens instead;
  const auto named = [&](const std::string& name) -> std::optional<std::int32_t> {
    if (name.empty() || !settings_.go_first()) return std::nullopt;
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
void TokenizerParts::reject_other_ends(const std::vector<LayoutPart>& parts,
                                       const ProcessingTokens& named) const {
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

SpecialTokens TokenizerParts::special_tokens(const SpecialTokenNames& names,
                                             const InputLayout& layout) const {
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

}  // namespace transkimmer
