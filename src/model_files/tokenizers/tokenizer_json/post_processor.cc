#include "model_files/tokenizers/tokenizer_json/post_processor.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "model_files/json/json_fields.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;

/// What tokenizers calls an encoding: it hands a list of them from processor to processor, and joins them in
/// the end.
using Stretch = std::vector<LayoutPart>;
using Stretches = std::vector<Stretch>;

constexpr const char* kName = "post_processor";
constexpr IntegerRange kTypes = {0, INT32_MAX};

class PostProcessorReader {
 public:
  PostProcessorReader(std::size_t vocabulary_size, const ProcessingTokens& tokens, const std::string& origin)
      : vocabulary_size_(static_cast<std::int64_t>(vocabulary_size)), tokens_(tokens), origin_(origin) {}

  void apply(const json& processor, Stretches& stretches) {
    if (!processor.is_object()) fail(fmt::format("is {}, expected an object", shown(processor)));
    const std::string type = type_of(processor);
    if (type == "Sequence") {
      for (const json& one : array(processor, "processors")) apply(one, stretches);
    } else if (type == "TemplateProcessing") {
      apply_template(processor, stretches);
    } else if (type == "BertProcessing") {
      apply_bert(processor, stretches);
    } else if (type == "RobertaProcessing") {
      apply_roberta(processor, stretches);
    } else if (type == "ByteLevel") {
      add_trim(processor, stretches);
    } else {
      fail(
          fmt::format("is of type {}, expected TemplateProcessing, BertProcessing, RobertaProcessing, "
                      "ByteLevel or Sequence",
                      in_quotes(type)));
    }
  }

  const std::vector<OffsetTrim>& offset_trims() const { return offset_trims_; }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw FormatError(fmt::format("{}: {} {}", origin_, kName, what));
  }

  JsonFields fields(const json& object) const { return {object, origin_, std::string(kName) + "."}; }

  /// Early files name no type, and tokenizers tells it by the fields. So it does where a RobertaProcessing
  /// lacks one of its fields: that is a BertProcessing to it.
  std::string type_of(const json& processor) const {
    const std::string type = fields(processor).string("type").value_or("");
    const bool told = !type.empty() && type != "RobertaProcessing";
    if (told) return type;
    const bool trims = processor.contains("trim_offsets") && processor.contains("add_prefix_space");
    if (processor.contains("cls") && processor.contains("sep"))
      return trims ? "RobertaProcessing" : "BertProcessing";
    if (!type.empty()) return type;
    if (processor.contains("processors")) return "Sequence";
    if (processor.contains("single")) return "TemplateProcessing";
    return trims ? "ByteLevel" : "";
  }

  const json& array(const json& object, const char* key) const {
    const json* const value = fields(object).find(key);
    if (value == nullptr) fields(object).fail_missing(key);
    if (!value->is_array()) fields(object).fail(key, *value, "an array");
    return *value;
  }

  LayoutPart special(std::int64_t id, std::int64_t type_id) const {
    return {Segment::special, static_cast<std::int32_t>(id), static_cast<std::int32_t>(type_id)};
  }

  std::int64_t checked_id(const json& id, const std::string& token) const {
    // As a double, numbers that no 64 bits hold stay out of range.
    const bool fits = id.is_number_integer() && id.get<double>() >= 0 &&
                      id.get<double>() < static_cast<double>(vocabulary_size_);
    if (!fits)
      fail(fmt::format("gives {} the id {}, expected 0 to {}", in_quotes(token), shown(id),
                       vocabulary_size_ - 1));
    return id.get<std::int64_t>();
  }

  /// ["[SEP]", 3]
  std::int64_t named_token(const json& processor, const char* key,
                           std::optional<std::int32_t> instead) const {
    const json& pair = array(processor, key);
    if (pair.size() != 2 || !pair[0].is_string()) fields(processor).fail(key, pair, "a token and its id");
    return instead ? *instead : checked_id(pair[1], pair[0].get<std::string>());
  }

  void add_trim(const json& processor, const Stretches& stretches) {
    if (!fields(processor).boolean("trim_offsets", true)) return;
    const bool text_comes_first = std::any_of(stretches.begin(), stretches.end(), [](const Stretch& stretch) {
      return !stretch.empty() && stretch.front().segment == Segment::first;
    });
    offset_trims_.push_back({fields(processor).boolean("add_prefix_space", true), text_comes_first});
  }

  void apply_bert(const json& processor, Stretches& stretches) const {
    const std::int64_t begin = named_token(processor, "cls", tokens_.begin);
    const std::int64_t separator = named_token(processor, "sep", tokens_.separator);
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      if (i == 0) stretches[i].insert(stretches[i].begin(), special(begin, 0));
      stretches[i].push_back(special(separator, i == 0 ? 0 : 1));
    }
  }

  void apply_roberta(const json& processor, Stretches& stretches) {
    const std::int64_t begin = named_token(processor, "cls", tokens_.begin);
    const std::int64_t separator = named_token(processor, "sep", tokens_.separator);
    add_trim(processor, stretches);
    for (std::size_t i = 0; i < stretches.size(); ++i) {
      for (LayoutPart& part : stretches[i]) part.type_id = 0;
      stretches[i].insert(stretches[i].begin(), special(i == 0 ? begin : separator, 0));
      stretches[i].push_back(special(separator, 0));
    }
  }

  void apply_template(const json& processor, Stretches& stretches) const {
    if (stretches.empty() || stretches.size() > 2)
      fail("has a TemplateProcessing behind another, which cannot be applied");
    const bool is_pair = stretches.size() == 2;
    Stretches made;
    for (const json& piece : array(processor, is_pair ? "pair" : "single")) {
      if (!piece.is_object() || piece.size() != 1)
        fail(fmt::format("has the template piece {}, expected a SpecialToken or a Sequence", shown(piece)));
      const std::string& kind = piece.begin().key();
      const json& content = piece.begin().value();
      if (!content.is_object()) fields(piece).fail(kind.c_str(), content, "an object");
      if (kind == "SpecialToken") {
        add_template_token(processor, content, made);
      } else if (kind == "Sequence") {
        made.push_back(template_sequence(content, stretches));
      } else {
        fail(fmt::format("has the template piece {}, expected a SpecialToken or a Sequence", shown(piece)));
      }
    }
    stretches = std::move(made);
  }

  Stretch template_sequence(const json& content, const Stretches& stretches) const {
    const std::string id = fields(content).string("id").value_or("");
    if (id != "A" && id != "B") fail(fmt::format("has the sequence {}, expected 'A' or 'B'", in_quotes(id)));
    const std::size_t which = id == "A" ? 0 : 1;
    if (which >= stretches.size()) fail("has sequence 'B' in a template for single texts");
    Stretch stretch = stretches[which];
    const auto type_id = static_cast<std::int32_t>(fields(content).integer("type_id", kTypes, 0));
    for (LayoutPart& part : stretch) part.type_id = type_id;
    return stretch;
  }

  /// A special token of a template stands for one or several ids, which its table says.
  void add_template_token(const json& processor, const json& content, Stretches& made) const {
    const std::string name = fields(content).string("id").value_or("");
    const std::int64_t type_id = fields(content).integer("type_id", kTypes, 0);
    const json* const table = fields(processor).find("special_tokens");
    if (table == nullptr || !table->is_object() || !table->contains(name) || !table->at(name).is_object())
      fail(fmt::format("has the special token {} in a template, but no ids for it in its special_tokens",
                       in_quotes(name)));
    Stretch& stretch = made.emplace_back();
    for (const json& id : array(table->at(name), "ids"))
      stretch.push_back(special(checked_id(id, name), type_id));
  }

  std::int64_t vocabulary_size_;
  const ProcessingTokens& tokens_;
  const std::string& origin_;
  std::vector<OffsetTrim> offset_trims_;
};

Stretches stretches_of(const std::vector<LayoutPart>& parts) {
  Stretches stretches;
  for (const LayoutPart& part : parts) stretches.push_back({part});
  return stretches;
}

std::vector<LayoutPart> joined(const Stretches& stretches) {
  std::vector<LayoutPart> parts;
  for (const Stretch& stretch : stretches) parts.insert(parts.end(), stretch.begin(), stretch.end());
  return parts;
}

}  // namespace

PostProcessing read_post_processor(const json* processor, std::size_t vocabulary_size,
                                   const ProcessingTokens& tokens, const std::string& origin) {
  const InputLayout bare = InputLayout::bare();
  if (processor == nullptr) return {bare, {}};
  PostProcessorReader reader(vocabulary_size, tokens, origin);
  PostProcessorReader pair_reader(vocabulary_size, tokens, origin);
  Stretches single = stretches_of(bare.single);
  Stretches pair = stretches_of(bare.pair);
  reader.apply(*processor, single);
  pair_reader.apply(*processor, pair);
  return {{joined(single), joined(pair)}, reader.offset_trims()};
}

}  // namespace transkimmer
