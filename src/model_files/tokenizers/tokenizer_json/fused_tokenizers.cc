#include "model_files/tokenizers/tokenizer_json/fused_tokenizers.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "model_files/json/json_fields.h"
#include "model_files/tokenizers/tokenizer_json/component.h"
#include "model_files/tokenizers/tokenizer_json/models.h"
#include "model_files/tokenizers/tokenizer_json/normalizers.h"
#include "text/byte_level_bpe/byte_level_bpe.h"
#include "text/wordpiece/wordpiece.h"

namespace transkimmer {
namespace {

std::vector<Component> normalizers_of(const TokenizerParts& parts) {
  return components(parts.root(), "normalizer", "normalizers", parts.origin());
}

std::vector<Component> pre_tokenizers_of(const TokenizerParts& parts) {
  return components(parts.root(), "pre_tokenizer", "pretokenizers", parts.origin());
}

/// Classes that transformers builds anew do as their settings say.
void reject_other_settings(const TokenizerParts& parts, const BertNormalizerOptions& options) {
  const TokenizerSettings& settings = parts.settings();
  parts.reject_contradiction("do_lower_case", settings.do_lower_case, options.lowercase);
  parts.reject_contradiction("tokenize_chinese_chars", settings.tokenize_chinese_chars,
                             options.handle_chinese_chars);
  parts.reject_contradiction("clean_text", settings.clean_text, options.clean_text);
  if (settings.names_strip_accents)
    parts.reject_contradiction("strip_accents",
                               std::optional<bool>(settings.strip_accents.value_or(options.lowercase)),
                               options.strip_accents);
}

BertNormalizerOptions bert_normalizer(const TokenizerParts& parts) {
  const TokenizerSettings& settings = parts.settings();
  const std::vector<Component> normalizers = normalizers_of(parts);
  if (normalizers.empty()) {
    const BertNormalizerOptions none = {
        .clean_text = false, .handle_chinese_chars = false, .strip_accents = false, .lowercase = false};
    reject_other_settings(parts, none);
    return none;
  }
  bool has_own_accents = false;
  BertNormalizerOptions options = read_bert_normalizer(normalizers.front(), has_own_accents);
  if (settings.go_first()) {
    options.handle_chinese_chars = settings.tokenize_chinese_chars.value_or(options.handle_chinese_chars);
    options.lowercase = settings.do_lower_case.value_or(options.lowercase);
  }
  // Without a value of its own, accents follow the case.
  if (!has_own_accents) options.strip_accents = options.lowercase;
  reject_other_settings(parts, options);
  if (settings.go_first() && settings.names_strip_accents)
    options.strip_accents = settings.strip_accents.value_or(options.lowercase);
  return options;
}

/// Then nothing falls back to the bytes of a character.
bool has_every_byte(TokenizerParts& parts) {
  for (int byte = 0; byte < 256; ++byte)
    if (parts.vocabulary().find(symbol_of_byte(static_cast<unsigned char>(byte))) < 0) return false;
  return true;
}

bool has_affix(const JsonFields& model) {
  const auto is_there = [&](const char* key) { return !model.string(key).value_or("").empty(); };
  return is_there("continuing_subword_prefix") || is_there("end_of_word_suffix");
}

}  // namespace

bool is_bert_wordpiece(const TokenizerParts& parts) {
  const std::vector<Component> normalizers = normalizers_of(parts);
  const std::vector<Component> pre_tokenizers = pre_tokenizers_of(parts);
  const bool is_bert_normalizer =
      normalizers.empty() || (normalizers.size() == 1 && normalizers[0].type() == "BertNormalizer");
  return is_bert_normalizer && pre_tokenizers.size() == 1 && pre_tokenizers[0].type() == "BertPreTokenizer";
}

std::unique_ptr<const Tokenizer> read_bert_wordpiece(TokenizerParts& parts) {
  const WordPieceFields fields = read_wordpiece_fields(parts);
  WordPieceModel built;
  built.continuing_prefix = fields.cover.continuing_prefix;
  built.max_characters_per_word = fields.cover.max_characters;
  parts.reject_contradiction("wordpieces_prefix", parts.settings().wordpieces_prefix,
                             built.continuing_prefix);
  built.normalizer = bert_normalizer(parts);
  const SpecialTokenNames names = parts.names(fields.unknown, SpecialTokenNames::bert());
  parts.common(names).move_to(built);
  parts.vocabulary().required(names.unknown, "unknown-word");
  built.vocabulary = parts.vocabulary().take();
  return std::make_unique<const WordPieceTokenizer>(std::move(built));
}

bool is_byte_level_bpe(TokenizerParts& parts) {
  const std::vector<Component> pre_tokenizers = pre_tokenizers_of(parts);
  const bool is_byte_level = pre_tokenizers.size() == 1 && pre_tokenizers[0].type() == "ByteLevel" &&
                             pre_tokenizers[0].fields().boolean("use_regex", true);
  const JsonFields model(parts.model(), parts.origin(), "model.");
  const bool falls_back = model.boolean("byte_fallback", false) && !has_every_byte(parts);
  return is_byte_level && normalizers_of(parts).empty() && !falls_back && !has_affix(model);
}

std::unique_ptr<const Tokenizer> read_byte_level_bpe(TokenizerParts& parts) {
  const TokenizerSettings& settings = parts.settings();
  BpeFields fields = read_bpe_fields(parts);
  ByteLevelBpeModel built;
  built.add_prefix_space = pre_tokenizers_of(parts).front().fields().boolean("add_prefix_space", true);
  parts.reject_contradiction("add_prefix_space", settings.add_prefix_space, built.add_prefix_space);
  if (settings.go_first())
    built.add_prefix_space = settings.add_prefix_space.value_or(built.add_prefix_space);
  built.ignore_merges = fields.options.ignore_merges;
  built.fuse_missing_bytes = fields.options.fuse_unknown;
  built.merges = std::move(fields.options.merges);
  const SpecialTokenNames names = parts.names(fields.unknown.value_or(""), SpecialTokenNames::roberta());
  parts.common(names).move_to(built);
  if (fields.unknown) built.missing_byte = parts.vocabulary().required(names.unknown, "unknown-word");
  built.vocabulary = parts.vocabulary().take();
  return std::make_unique<const ByteLevelBpeTokenizer>(std::move(built));
}

}  // namespace transkimmer
