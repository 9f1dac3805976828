// The expectations are what Hugging Face's tokenizers give for the same post-processors.

#include "model_files/tokenizers/tokenizer_json/post_processor.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
using testing::ElementsAre;

constexpr std::size_t kVocabularySize = 10;

/// "2:0 A:0 3:0": id or text, and type.
std::string shown(const std::vector<LayoutPart>& parts) {
  std::string all;
  for (const LayoutPart& part : parts) {
    if (!all.empty()) all += ' ';
    const bool special = part.segment == Segment::special;
    all += special ? std::to_string(part.id) : part.segment == Segment::first ? "A" : "B";
    all += ':' + std::to_string(part.type_id);
  }
  return all;
}

PostProcessing read(const json& processor, const ProcessingTokens& tokens = {}) {
  return read_post_processor(&processor, kVocabularySize, tokens, "tokenizer.json");
}

json bert() {
  return {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}};
}
json roberta(bool trim_offsets = true) {
  json processor = bert();
  processor["type"] = "RobertaProcessing";
  processor["trim_offsets"] = trim_offsets;
  processor["add_prefix_space"] = false;
  return processor;
}
json byte_level(bool trim_offsets) {
  return {{"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", trim_offsets}};
}
json special(const std::string& name, int type_id) {
  return {{"SpecialToken", {{"id", name}, {"type_id", type_id}}}};
}
json text(const std::string& name, int type_id) {
  return {{"Sequence", {{"id", name}, {"type_id", type_id}}}};
}
json template_of(const json& single, const json& pair) {
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens",
           {{"[CLS]", {{"id", "[CLS]"}, {"ids", {2}}, {"tokens", {"[CLS]"}}}},
            {"[SEP]", {{"id", "[SEP]"}, {"ids", {3}}, {"tokens", {"[SEP]"}}}},
            {"[TWO]", {{"id", "[TWO]"}, {"ids", {7, 8}}, {"tokens", {"x", "y"}}}}}}};
}
json usual_template() {
  return template_of(json::array({special("[CLS]", 0), text("A", 0), special("[SEP]", 0)}),
                     json::array({special("[CLS]", 0), text("A", 0), special("[SEP]", 0), text("B", 1),
                                  special("[SEP]", 1)}));
}
json sequence(const json& processors) {
  return {{"type", "Sequence"}, {"processors", processors}};
}

struct Layout {
  const char* name;
  json processor;
  const char* single;
  const char* pair;
};

void PrintTo(const Layout& layout, std::ostream* out) {
  *out << layout.name;
}

class PostProcessor : public testing::TestWithParam<Layout> {};

TEST_P(PostProcessor, LaysTextsOutAsTokenizersDoes) {
  const InputLayout layout = read(GetParam().processor).layout;
  EXPECT_EQ(shown(layout.single), GetParam().single);
  EXPECT_EQ(shown(layout.pair), GetParam().pair);
}

const Layout kLayouts[] = {
    {"Bert", bert(), "2:0 A:0 3:0", "2:0 A:0 3:0 B:1 3:1"},
    {"Roberta", roberta(), "2:0 A:0 3:0", "2:0 A:0 3:0 3:0 B:0 3:0"},
    {"ByteLevel", byte_level(true), "A:0", "A:0 B:1"},
    {"Template", usual_template(), "2:0 A:0 3:0", "2:0 A:0 3:0 B:1 3:1"},
    {"TypesOfOnesOwn",
     template_of(json::array({special("[CLS]", 2), text("A", 1)}),
                 json::array({text("B", 4), special("[SEP]", 3), text("A", 5)})),
     "2:2 A:1", "B:4 3:3 A:5"},
    {"SeveralIdsForOneToken",
     template_of(json::array({special("[TWO]", 1), text("A", 0)}), json::array({text("A", 0), text("B", 0)})),
     "7:1 8:1 A:0", "A:0 B:0"},
    {"TextsTwiceOrNotAtAll",
     template_of(json::array({special("[CLS]", 0)}), json::array({text("A", 0), text("B", 7), text("A", 1)})),
     "2:0", "A:0 B:7 A:1"},
    {"EmptySequence", sequence(json::array()), "A:0", "A:0 B:1"},
    {"ByteLevelThenTemplate", sequence(json::array({byte_level(false), usual_template()})), "2:0 A:0 3:0",
     "2:0 A:0 3:0 B:1 3:1"},
    {"SequenceInASequence", sequence(json::array({sequence(json::array({bert()}))})), "2:0 A:0 3:0",
     "2:0 A:0 3:0 B:1 3:1"},
    {"BertThenRoberta", sequence(json::array({bert(), roberta()})), "2:0 2:0 A:0 3:0 3:0",
     "2:0 2:0 A:0 3:0 3:0 3:0 B:0 3:0 3:0"},
    {"RobertaThenBert", sequence(json::array({roberta(), bert()})), "2:0 2:0 A:0 3:0 3:0",
     "2:0 2:0 A:0 3:0 3:0 3:0 B:0 3:0 3:1"},
    {"TemplateThenBert", sequence(json::array({usual_template(), bert()})), "2:0 2:0 3:0 A:0 3:1 3:0 3:1",
     "2:0 2:0 3:0 A:0 3:1 3:0 3:1 B:1 3:1 3:1 3:1"},
};

INSTANTIATE_TEST_SUITE_P(, PostProcessor, testing::ValuesIn(kLayouts),
                         [](const auto& layout) { return std::string(layout.param.name); });

TEST(PostProcessing, NoneLeavesTheTextsAlone) {
  const PostProcessing processing = read_post_processor(nullptr, kVocabularySize, {}, "tokenizer.json");
  EXPECT_EQ(shown(processing.layout.single), "A:0");
  EXPECT_EQ(shown(processing.layout.pair), "A:0 B:1");
  EXPECT_TRUE(processing.offset_trims.empty());
}

TEST(PostProcessing, TrimsOffsetsOnceForEachThatSaysSo) {
  const OffsetTrim keeping = {.keeps_prefix_space = true};
  const OffsetTrim behind = {.keeps_prefix_space = false, .text_comes_first = false};
  EXPECT_THAT(read(roberta()).offset_trims, ElementsAre(OffsetTrim()));
  EXPECT_THAT(read(roberta(false)).offset_trims, ElementsAre());
  EXPECT_THAT(read(bert()).offset_trims, ElementsAre());
  EXPECT_THAT(read(sequence(json::array({byte_level(true), usual_template()}))).offset_trims,
              ElementsAre(keeping));
  EXPECT_THAT(read(sequence(json::array({byte_level(true), bert(), roberta()}))).offset_trims,
              ElementsAre(keeping, behind));
}

TEST(PostProcessing, TypesMayBeToldByTheFields) {
  json untyped = roberta();
  untyped.erase("type");
  EXPECT_EQ(shown(read(untyped).layout.pair), "2:0 A:0 3:0 3:0 B:0 3:0");
  json incomplete = roberta();  // tokenizers takes it for a BertProcessing
  incomplete.erase("trim_offsets");
  EXPECT_EQ(shown(read(incomplete).layout.pair), "2:0 A:0 3:0 B:1 3:1");
}

TEST(PostProcessing, TokensOfTheSettingsStandIn) {
  EXPECT_EQ(shown(read(bert(), {.begin = 5, .separator = 6}).layout.pair), "5:0 A:0 6:0 B:1 6:1");
  EXPECT_EQ(shown(read(usual_template(), {.begin = 5, .separator = 6}).layout.single), "2:0 A:0 3:0");
}

TEST(PostProcessing, MalformedOnesAreErrors) {
  const std::pair<json, std::string> cases[] = {
      {3, "post_processor is 3, expected an object"},
      {{{"type", "Magic"}}, "post_processor is of type 'Magic', expected TemplateProcessing"},
      {{{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}}, "'post_processor.cls' is missing"},
      {{{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]"}}},
       "expected a token and its id"},
      {{{"type", "BertProcessing"}, {"sep", {"[SEP]", 10}}, {"cls", {"[CLS]", 2}}},
       "post_processor gives '[SEP]' the id 10, expected 0 to 9"},
      {{{"type", "BertProcessing"}, {"sep", {"[SEP]", -1}}, {"cls", {"[CLS]", 2}}},
       "post_processor gives '[SEP]' the id -1, expected 0 to 9"},
      {{{"type", "Sequence"}}, "'post_processor.processors' is missing"},
      {sequence(json::array({usual_template(), usual_template()})),
       "post_processor has a TemplateProcessing behind another, which cannot be applied"},
      {template_of(json::array({text("B", 0)}), json::array()),
       "post_processor has sequence 'B' in a template for single texts"},
      {template_of(json::array({text("C", 0)}), json::array()), "post_processor has the sequence 'C'"},
      {template_of(json::array({special("[X]", 0)}), json::array()),
       "post_processor has the special token '[X]' in a template, but no ids for it"},
      {template_of("[CLS] $A [SEP]", json::array()), "expected an array"},
      {template_of(json::array({"[CLS]"}), json::array()), "has the template piece \"[CLS]\", expected"},
      {template_of(json::array({text("A", -1)}), json::array()), "'post_processor.type_id' is -1"},
  };
  for (const auto& [processor, message] : cases) {
    try {
      read(processor);
      ADD_FAILURE() << "no error, expected: " << message;
    } catch (const FormatError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr(message));
      EXPECT_THAT(error.what(), testing::StartsWith("tokenizer.json: "));
    }
  }
}

}  // namespace
}  // namespace transkimmer
