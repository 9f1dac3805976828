#include "model_files/tokenizers/tokenizer_json/models.h"

#include <array>
#include <cmath>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "model_files/tokenizers/vocabulary/vocabulary_files.h"
#include "text/unicode/unicode.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

JsonFields model_fields(const TokenizerParts& parts) {
  return {parts.model(), parts.origin(), "model."};
}

const json& vocabulary_of(const TokenizerParts& parts, json::value_t type, const char* expected) {
  const JsonFields fields = model_fields(parts);
  const json* const value = fields.find("vocab");
  if (value == nullptr) fields.fail_missing("vocab");
  if (value->type() != type) fields.fail("vocab", *value, expected);
  return *value;
}

/// {"the": 5, ...}
void read_numbered_tokens(TokenizerParts& parts) {
  for (const auto& [token, id] : vocabulary_of(parts, json::value_t::object, "an object").items()) {
    if (!id.is_number_integer())
      throw FormatError(fmt::format("{}: token {} has id {}, expected an integer", parts.origin(),
                                    in_quotes(token), shown(id)));
    parts.vocabulary().add(token, id.get<std::int64_t>(), parts.origin());
  }
}

/// [["the", -3.5], ...]; of a token that is there twice the later place is the id.
void read_scored_tokens(TokenizerParts& parts) {
  std::int64_t id = 0;
  for (const json& entry : vocabulary_of(parts, json::value_t::array, "an array")) {
    const bool is_pair =
        entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number();
    if (!is_pair || !std::isfinite(entry[1].get<double>()))
      throw FormatError(
          fmt::format("{}: token {} is {}, expected a text and its score", parts.origin(), id, shown(entry)));
    parts.vocabulary().add_or_move(entry[0].get<std::string>(), id++, parts.origin());
  }
}

/// A merge is "left right", or ["left", "right"] in newer files. `dropped` bytes at the beginning of the
/// right one are not in the result.
std::vector<BpeMerge> read_merges(TokenizerParts& parts, std::size_t dropped) {
  const JsonFields fields = model_fields(parts);
  const json* list = fields.find("merges");
  if (list == nullptr) fields.fail_missing("merges");
  if (!list->is_array()) fields.fail("merges", *list, "an array");
  std::vector<BpeMerge> merges;
  merges.reserve(list->size());
  for (const json& entry : *list) {
    const MergeContext context = {parts.vocabulary(), dropped,
                                  fmt::format("{}: merge {}", parts.origin(), merges.size())};
    if (entry.is_string()) {
      merges.push_back(resolve_merge(entry.get_ref<const std::string&>(), context));
    } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
      merges.push_back(resolve_merge(entry[0].get_ref<const std::string&>(),
                                     entry[1].get_ref<const std::string&>(), context));
    } else {
      throw FormatError(fmt::format("{} is {}, expected two tokens", context.where, shown(entry)));
    }
  }
  return merges;
}

constexpr std::array<std::pair<std::string_view, WordModelKind>, 4> kKinds = {
    {{"WordPiece", WordModelKind::wordpiece},
     {"BPE", WordModelKind::bpe},
     {"Unigram", WordModelKind::unigram},
     {"WordLevel", WordModelKind::word_level}}};

}  // namespace

WordModelKind read_model_kind(const TokenizerParts& parts) {
  const JsonFields fields = model_fields(parts);
  const json* const vocabulary = fields.find("vocab");
  const bool is_list = vocabulary != nullptr && vocabulary->is_array();
  const char* const told = parts.model().contains("merges") ? "BPE" : is_list ? "Unigram" : "WordPiece";
  const std::string type = fields.string("type").value_or(told);
  for (const auto& [name, kind] : kKinds)
    if (name == type) return kind;
  throw FormatError(fmt::format("{}: model.type is {}, expected WordPiece, BPE, Unigram or WordLevel",
                                parts.origin(), in_quotes(type)));
}

void read_model_vocabulary(WordModelKind kind, TokenizerParts& parts) {
  kind == WordModelKind::unigram ? read_scored_tokens(parts) : read_numbered_tokens(parts);
}

WordPieceFields read_wordpiece_fields(const TokenizerParts& parts) {
  const JsonFields fields = model_fields(parts);
  constexpr IntegerRange kLengths = {1, 1 << 20};
  return {.cover = {.continuing_prefix = fields.string("continuing_subword_prefix").value_or("##"),
                    .max_characters =
                        static_cast<std::size_t>(fields.integer("max_input_chars_per_word", kLengths, 100))},
          .unknown = fields.string("unk_token").value_or("")};
}

BpeFields read_bpe_fields(TokenizerParts& parts) {
  const JsonFields fields = model_fields(parts);
  if (fields.real("dropout", {0, 1}, 0) > 0)
    throw FormatError(parts.origin() + ": model.dropout is more than 0, which makes ids a matter of chance");
  BpeFields read;
  BpeOptions& options = read.options;
  options.continuing_prefix = fields.string("continuing_subword_prefix").value_or("");
  options.ending = fields.string("end_of_word_suffix").value_or("");
  options.byte_fallback = fields.boolean("byte_fallback", false);
  if (options.byte_fallback && !(options.continuing_prefix.empty() && options.ending.empty()))
    fields.fail_because("byte_fallback",
                        "is not supported beside continuing_subword_prefix or end_of_word_suffix");
  options.ignore_merges = fields.boolean("ignore_merges", false);
  options.fuse_unknown = fields.boolean("fuse_unk", false);
  options.merges = read_merges(parts, options.continuing_prefix.size());
  read.unknown = fields.string("unk_token");
  return read;
}

UnigramOptions read_unigram_options(const TokenizerParts& parts) {
  const JsonFields fields = model_fields(parts);
  UnigramOptions options;
  for (const json& entry : vocabulary_of(parts, json::value_t::array, "an array"))
    options.scores.push_back(entry[1].get<double>());
  const IntegerRange places = {0, static_cast<std::int64_t>(options.scores.size()) - 1};
  options.unknown = static_cast<std::int32_t>(fields.required_integer("unk_id", places));
  options.byte_fallback = fields.boolean("byte_fallback", false);
  return options;
}

}  // namespace transkimmer
