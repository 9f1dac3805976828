#include "model_files/tokenizers/tokenizer_json/normalizers.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/strings/base64.h"

namespace transkimmer {
namespace {

constexpr std::string_view kTypes =
    "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, Replace, "
    "Sequence, "
    "Strip or StripAccents";

std::optional<NormalForm> normal_form_named(std::string_view type) {
  if (type == "NFC") return NormalForm::nfc;
  if (type == "NFD") return NormalForm::nfd;
  if (type == "NFKC") return NormalForm::nfkc;
  if (type == "NFKD") return NormalForm::nfkd;
  return std::nullopt;
}

CharacterMap read_map(const Component& normalizer) {
  constexpr const char* kKey = "precompiled_charsmap";
  const std::optional<std::string> bytes = from_base64(normalizer.required_string(kKey));
  std::optional<CharacterMap> map = bytes ? CharacterMap::parse(*bytes) : std::nullopt;
  if (!map) normalizer.fields().fail_because(kKey, "is not the Base64 of a character map of SentencePiece");
  return *std::move(map);
}

std::unique_ptr<const Normalizer> read_prepend(const Component& normalizer) {
  std::string text = normalizer.required_string("prepend");
  if (text.empty()) normalizer.fields().fail("prepend", text, "some characters");
  return prepend(std::move(text));
}

BertNormalizerOptions bert_options(const Component& normalizer) {
  bool has_own_accents = false;
  return read_bert_normalizer(normalizer, has_own_accents);
}

std::unique_ptr<const Normalizer> read_step(const Component& normalizer) {
  const std::string& type = normalizer.type();
  if (const auto form = normal_form_named(type)) return normal_form(*form);
  if (type == "Lowercase") return lowercase();
  if (type == "StripAccents") return strip_accents();
  if (type == "Nmt") return nmt();
  if (type == "ByteLevel") return byte_level();
  if (type == "Precompiled") return precompiled(read_map(normalizer));
  if (type == "Prepend") return read_prepend(normalizer);
  if (type == "Strip")
    return strip(normalizer.required_boolean("strip_left"), normalizer.required_boolean("strip_right"));
  if (type == "Replace")
    return replace(normalizer.required_pattern("pattern"), normalizer.required_string("content"));
  normalizer.fail_type(kTypes);
}

}  // namespace

BertNormalizerOptions read_bert_normalizer(const Component& normalizer, bool& has_own_accents) {
  const JsonFields& fields = normalizer.fields();
  BertNormalizerOptions options;
  options.clean_text = fields.boolean("clean_text", true);
  options.handle_chinese_chars = fields.boolean("handle_chinese_chars", true);
  options.lowercase = fields.boolean("lowercase", true);
  has_own_accents = fields.find("strip_accents") != nullptr;
  options.strip_accents = has_own_accents ? fields.boolean("strip_accents", false) : options.lowercase;
  return options;
}

Normalizers read_normalizers(const std::vector<Component>& normalizers) {
  Normalizers steps;
  for (const Component& normalizer : normalizers) {
    if (normalizer.type() == "BertNormalizer") {
      add_bert_steps(bert_options(normalizer), steps);
    } else {
      steps.push_back(read_step(normalizer));
    }
  }
  return steps;
}

bool writes_lower_case(const std::vector<Component>& normalizers) {
  return std::ranges::any_of(normalizers, [](const Component& normalizer) {
    return normalizer.type() == "Lowercase" ||
           (normalizer.type() == "BertNormalizer" && bert_options(normalizer).lowercase);
  });
}

bool takes_accents(const std::vector<Component>& normalizers) {
  return std::ranges::any_of(normalizers, [](const Component& normalizer) {
    return normalizer.type() == "StripAccents" ||
           (normalizer.type() == "BertNormalizer" && bert_options(normalizer).strip_accents);
  });
}

}  // namespace transkimmer
