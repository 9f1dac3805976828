#include "model_files/tokenizers/tokenizer_json/tokenizer_json.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/tokenizers/tokenizer_json/fused_tokenizers.h"
#include "model_files/tokenizers/tokenizer_json/models.h"
#include "model_files/tokenizers/tokenizer_json/pipeline.h"
#include "model_files/tokenizers/tokenizer_json/tokenizer_parts.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// Those that tokenizers knows; version and decoder do not change a text's ids.
void reject_unknown_fields(const json& root, const std::string& origin) {
  constexpr std::array<std::string_view, 9> kKnown = {"version",        "truncation", "padding",
                                                      "added_tokens",   "normalizer", "pre_tokenizer",
                                                      "post_processor", "decoder",    "model"};
  for (const auto& [key, value] : root.items())
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end())
      throw FormatError(fmt::format("{}: has the field {}, which is not known here", origin, in_quotes(key)));
}

}  // namespace

std::unique_ptr<const Tokenizer> parse_tokenizer_json(std::string_view text, const std::string& origin,
                                                      const ModelConfig& config,
                                                      const TokenizerSettings& settings) {
  const json root = parse_json(text, origin);
  if (!root.is_object()) throw FormatError(fmt::format("{}: is {}, expected an object", origin, shown(root)));
  reject_unknown_fields(root, origin);
  TokenizerParts parts(root, origin, config, settings);
  const WordModelKind kind = read_model_kind(parts);
  read_model_vocabulary(kind, parts);
  if (kind == WordModelKind::wordpiece && is_bert_wordpiece(parts)) return read_bert_wordpiece(parts);
  if (kind == WordModelKind::bpe && is_byte_level_bpe(parts)) return read_byte_level_bpe(parts);
  return read_pipeline(kind, parts);
}

}  // namespace transkimmer
