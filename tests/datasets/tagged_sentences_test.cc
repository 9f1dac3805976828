#include "datasets/tagged_sentences.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Names = std::vector<std::string>;
using Tags = std::vector<std::int32_t>;

TagSource named(const std::string& path) {
  return {.path = path};
}

std::string error_of(const std::string& text, const TagSource& source) {
  try {
    parse_tagged(text, source);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(TaggedSentences, ColumnsAreAWordFirstAndItsTagLast) {
  const auto dataset = parse_tagged(
      "-DOCSTART- -X- O O\n\nAda NNP I-NP B-PER\nlived VBD I-VP O\n\n\n-DOCSTART- -X- O O\n\nin\tIN  I-PP "
      "O\r\n"
      "London NNP I-NP B-LOC",
      named("train.conll"));
  ASSERT_EQ(dataset.examples.size(), 2U);
  EXPECT_EQ(dataset.labels, (Names{"O", "B-LOC", "B-PER"}));
  EXPECT_EQ(dataset.examples[0].words, (Names{"Ada", "lived"}));
  EXPECT_EQ(dataset.examples[0].tags, (Tags{2, 0}));
  EXPECT_EQ(dataset.examples[1].words, (Names{"in", "London"}));
  EXPECT_EQ(dataset.examples[1].tags, (Tags{0, 1}));
  EXPECT_TRUE(dataset.labelled);
}

TEST(TaggedSentences, AnotherColumnMayHoldTheTag) {
  TagSource source = named("train.txt");
  source.tag_column = 2;
  const auto dataset = parse_tagged("Ada NNP B-PER\nlived VBD O\n", source);
  EXPECT_EQ(dataset.labels, (Names{"NNP", "VBD"}));
}

TEST(TaggedSentences, WordsAloneHaveNoLabels) {
  TagSource source = named("new.txt");
  EXPECT_EQ(error_of("Ada\n", source), "new.txt:1: found 1 column, expected a word and its tag");
  source.labels_required = false;
  const auto dataset = parse_tagged("Ada\nlived\n\nhere\n", source);
  EXPECT_FALSE(dataset.labelled);
  EXPECT_EQ(dataset.examples.size(), 2U);
  EXPECT_TRUE(dataset.examples[0].tags.empty());
}

TEST(TaggedSentences, JsonLinesHaveHuggingFacesColumns) {
  for (const char* const key : {"ner_tags", "tags", "labels"}) {
    const std::string line = "{\"id\": \"0\", \"tokens\": [\"New York\", \"is\"], \"" + std::string(key) +
                             "\": [\"B-LOC\", \"O\"]}\n";
    const auto dataset = parse_tagged(line, named("a.jsonl"));
    EXPECT_EQ(dataset.labels, (Names{"O", "B-LOC"}));
    EXPECT_EQ(dataset.examples[0].words, (Names{"New York", "is"}));
    EXPECT_EQ(dataset.examples[0].tags, (Tags{1, 0}));
  }
}

TEST(TaggedSentences, NumbersOfTagsNeedNames) {
  const std::string line = "{\"words\": [\"Ada\", \"is\"], \"pos\": [2, 0]}\n";
  TagSource source = named("a.json");
  source.tokens_key = "words";
  source.tags_key = "pos";
  EXPECT_EQ(error_of(line, source),
            "a.json:1: 'pos' has numbers for tags, whose names --label-names has to say");
  source.number_names = {"O", "B-LOC", "B-PER"};
  EXPECT_EQ(parse_tagged(line, source).labels, (Names{"O", "B-PER"}))
      << "collected, as there are no labels given";
  source.labels = source.number_names;
  EXPECT_EQ(parse_tagged(line, source).examples[0].tags, (Tags{2, 0}));
  EXPECT_EQ(error_of("{\"words\": [\"Ada\"], \"pos\": [3]}\n", source),
            "a.json:1: 'pos' has the tag 3, expected 0 to 2");
}

TEST(TaggedSentences, TagsOutsideTheLabelsAreNamedWithTheirLine) {
  TagSource source = named("dev.conll");
  source.labels = {"O", "B-PER"};
  EXPECT_EQ(error_of("Ada B-PER\n\nLondon B-LOC\n", source),
            "dev.conll:3: tag 'B-LOC' is none of 'O', 'B-PER'");
}

TEST(TaggedSentences, MalformedFilesAreNamedWithTheirLine) {
  EXPECT_EQ(error_of("Ada B-PER\nlived\n", named("a.conll")),
            "a.conll:2: found 1 column, expected 2, as in the lines before it");
  EXPECT_EQ(error_of("\n\n", named("a.conll")), "a.conll: has no words");
  EXPECT_EQ(error_of("", named("a.conll")), "a.conll: has no words");
  EXPECT_EQ(error_of("{\"tokens\": [\"a\", \"b\"], \"tags\": [\"O\"]}", named("a.jsonl")),
            "a.jsonl:1: 'tags' has 1 tags, expected one for each of the 2 words");
  EXPECT_EQ(error_of("{\"tokens\": \"a b\", \"tags\": [\"O\"]}", named("a.jsonl")),
            "a.jsonl:1: 'tokens' is no array");
  EXPECT_EQ(error_of("{\"tokens\": [1], \"tags\": [\"O\"]}", named("a.jsonl")),
            "a.jsonl:1: 'tokens' has something else than strings");
  EXPECT_EQ(error_of("{\"tokens\": [\"a\"], \"tags\": [null]}", named("a.jsonl")),
            "a.jsonl:1: 'tags' has something else than names and numbers of tags");
  EXPECT_THAT(error_of("{\"tokens\": [\"a\"]}", named("a.jsonl")), HasSubstr("a.jsonl:1: no key 'ner_tags'"));
  EXPECT_EQ(error_of("{\"tokens\": [\"a\"], \"tags\": [\"\"]}", named("a.jsonl")),
            "a.jsonl:1: a tag is empty");
  EXPECT_EQ(error_of("a \xFF\n", named("a.bio")), "a.bio:1: the tag '\xEF\xBF\xBD' is not valid UTF-8");
  TagSource source = named("a.conll");
  source.tag_column = 3;
  EXPECT_EQ(error_of("Ada B-PER\n", source),
            "a.conll:1: found 2 columns, but the tag is said to stand in column 3");
}

TEST(TaggedSentences, OtherLabelsKeepEveryWordsName) {
  auto dataset = parse_tagged("Ada B-PER\nin O\nLondon B-LOC\n", named("a.conll"));
  use_labels(dataset, {"B-LOC", "I-LOC", "B-PER", "O"});
  EXPECT_EQ(dataset.examples[0].tags, (Tags{2, 3, 0}));
  EXPECT_THAT(dataset.label_lines, ElementsAre(3, 0, 1, 2));
  EXPECT_THROW(use_labels(dataset, {"O"}), UsageError);
}

TEST(TaggedSentences, ExtensionsThatSayWhatTheyAre) {
  for (const char* const name : {"a.conll", "a.TXT", "a.bio", "a.iob2", "a.iobes"})
    EXPECT_TRUE(is_tagged_file(name));
  for (const char* const name : {"a.csv", "a.tsv", "a.jsonl", "a"}) EXPECT_FALSE(is_tagged_file(name));
}

}  // namespace
}  // namespace transkimmer
