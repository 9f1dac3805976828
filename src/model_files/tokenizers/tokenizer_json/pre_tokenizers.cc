#include "model_files/tokenizers/tokenizer_json/pre_tokenizers.h"

#include <array>
#include <string>
#include <utility>

namespace transkimmer {
namespace {

constexpr std::string_view kTypes =
    "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, Split, "
    "Whitespace or WhitespaceSplit";

MatchedPart matched_part(const Component& pre_tokenizer, const std::string& name) {
  constexpr std::array<std::pair<std::string_view, MatchedPart>, 5> kNames = {
      {{"Removed", MatchedPart::removed},
       {"Isolated", MatchedPart::isolated},
       {"MergedWithPrevious", MatchedPart::merged_with_previous},
       {"MergedWithNext", MatchedPart::merged_with_next},
       {"Contiguous", MatchedPart::contiguous}}};
  for (const auto& [known, part] : kNames)
    if (known == name) return part;
  pre_tokenizer.fields().fail("behavior", name,
                              "Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

/// Older files have add_prefix_space, which newer ones may have beside prepend_scheme: the two have to agree.
MetaspacePrefix metaspace_prefix(const Component& metaspace) {
  const JsonFields& fields = metaspace.fields();
  const std::string scheme = fields.string("prepend_scheme").value_or("always");
  const bool is_known = scheme == "always" || scheme == "first" || scheme == "never";
  if (!is_known) fields.fail("prepend_scheme", scheme, R"("always", "first" or "never")");
  if (!fields.boolean("add_prefix_space", true) && scheme != "never")
    fields.fail_because("add_prefix_space",
                        "is false, which prepend_scheme does not say: expected \"never\"");
  if (scheme == "never") return MetaspacePrefix::never;
  return scheme == "first" ? MetaspacePrefix::first : MetaspacePrefix::always;
}

WordSplitter read_metaspace(const Component& metaspace_json) {
  return metaspace({.replacement = metaspace_json.required_character("replacement"),
                    .prefix = metaspace_prefix(metaspace_json),
                    .split = metaspace_json.fields().boolean("split", true)});
}

WordSplitter read_split(const Component& split) {
  return at_pattern(split.required_pattern("pattern"), matched_part(split, split.required_string("behavior")),
                    split.fields().boolean("invert", false));
}

WordSplitter read_step(const Component& step) {
  const std::string& type = step.type();
  const JsonFields& fields = step.fields();
  if (type == "BertPreTokenizer") return bert_words();
  if (type == "Whitespace") return whitespace();
  if (type == "WhitespaceSplit") return whitespace_split();
  if (type == "Metaspace") return read_metaspace(step);
  if (type == "Split") return read_split(step);
  if (type == "Punctuation")
    return punctuation(matched_part(step, fields.string("behavior").value_or("Isolated")));
  if (type == "Digits") return digits(step.required_boolean("individual_digits"));
  if (type == "CharDelimiterSplit") return delimiter(step.required_character("delimiter"));
  if (type == "ByteLevel")
    return byte_level_words({.add_prefix_space = fields.boolean("add_prefix_space", true),
                             .use_regex = fields.boolean("use_regex", true)});
  step.fail_type(kTypes);
}

}  // namespace

std::vector<WordSplitter> read_pre_tokenizers(const std::vector<Component>& pre_tokenizers) {
  std::vector<WordSplitter> steps;
  for (const Component& step : pre_tokenizers) steps.push_back(read_step(step));
  return steps;
}

std::optional<bool> puts_prefix_space(const std::vector<Component>& pre_tokenizers) {
  std::optional<bool> puts;
  for (const Component& step : pre_tokenizers) {
    if (step.type() == "Metaspace")
      puts = puts.value_or(false) || metaspace_prefix(step) != MetaspacePrefix::never;
    if (step.type() == "ByteLevel")
      puts = puts.value_or(false) || step.fields().boolean("add_prefix_space", true);
  }
  return puts;
}

}  // namespace transkimmer
