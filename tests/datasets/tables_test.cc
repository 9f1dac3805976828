#include "datasets/tables.h"

#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Names = std::vector<std::string>;

TableSource source_named(const std::string& path) {
  TableSource source;
  source.path = path;
  return source;
}

Names texts_of(const Dataset& dataset) {
  Names texts;
  for (const Example& example : dataset.examples) texts.push_back(example.text);
  return texts;
}

std::vector<double> labels_of(const Dataset& dataset) {
  std::vector<double> labels;
  for (const Example& example : dataset.examples) labels.push_back(example.label);
  return labels;
}

TEST(Tables, FindColumnsByNameInAnyOrder) {
  const auto dataset =
      parse_table("label,id,text\nspam,1,\"buy, now\"\nham,2,hello\n", source_named("mail.csv"));
  EXPECT_EQ(texts_of(dataset), (Names{"buy, now", "hello"}));
  EXPECT_EQ(dataset.labels, (Names{"ham", "spam"}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 0}));
  EXPECT_TRUE(dataset.labelled);
  EXPECT_EQ(dataset.origin, "mail.csv");
  EXPECT_FALSE(dataset.examples[0].text_pair.has_value());
}

TEST(Tables, ReadPairsFromOtherColumnNames) {
  TableSource source = source_named("pairs.tsv");
  source.text_column = "premise";
  source.text_pair_column = "hypothesis";
  source.label_column = "verdict";
  const auto dataset = parse_table("premise\thypothesis\tverdict\n\"a\tb\tyes\nc\td\tno\n", source);
  EXPECT_EQ(dataset.examples[0].text, "\"a");
  EXPECT_EQ(dataset.examples[0].text_pair, "b");
  EXPECT_EQ(dataset.examples[1].text_pair, "d");
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 0}));
}

TEST(Tables, OrderIntegerLabelsByNumber) {
  const auto dataset = parse_table("text,label\na,10\nb,9\nc,-1\nd,9\n", source_named("t.csv"));
  EXPECT_EQ(dataset.labels, (Names{"-1", "9", "10"}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{2, 1, 0, 1}));
}

TEST(Tables, OrderMixedLabelsByBytes) {
  const auto dataset = parse_table("text,label\na,b\nb,10\nc,9\n", source_named("t.csv"));
  EXPECT_EQ(dataset.labels, (Names{"10", "9", "b"}));
}

TEST(Tables, TakeJsonLinesWithStringOrIntegerLabels) {
  const std::string lines =
      "{\"text\": \"a\", \"label\": 2}\n\n{\"label\": 0, \"text\": \"b\", \"more\": [1]}\n";
  for (const char* name : {"t.jsonl", "t.json"}) {
    const auto dataset = parse_table(lines, source_named(name));
    EXPECT_EQ(texts_of(dataset), (Names{"a", "b"}));
    EXPECT_EQ(dataset.labels, (Names{"0", "2"}));
    EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 0}));
  }
  const auto named = parse_table("{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\"b\",\"label\":\"w\"}",
                                 source_named("t.jsonl"));
  EXPECT_EQ(named.labels, (Names{"w", "x"}));
}

TEST(Tables, MapLabelsOntoGivenOnesByNameOrIndex) {
  TableSource source = source_named("t.csv");
  source.labels = {"negative", "positive"};
  const auto dataset = parse_table("text,label\na,positive\nb,0\nc,1\n", source);
  EXPECT_EQ(dataset.labels, source.labels);
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 0, 1}));
}

TEST(Tables, NeverTakeAnIndexWhereLabelsAreNumbers) {
  TableSource source = source_named("t.csv");
  source.labels = {"1", "2", "3"};
  EXPECT_EQ(labels_of(parse_table("text,label\na,1\n", source)), (std::vector<double>{0}));
  EXPECT_THROW(parse_table("text,label\na,0\n", source), FormatError);
}

TEST(Tables, ReadRegressionScores) {
  TableSource source = source_named("t.csv");
  source.head = HeadKind::regression;
  const auto dataset = parse_table("text,label\na,-1.5\nb,3\n", source);
  EXPECT_TRUE(dataset.labels.empty());
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{-1.5, 3}));
  source.path = "t.jsonl";
  EXPECT_EQ(labels_of(parse_table("{\"text\":\"a\",\"label\":0.25}", source)), (std::vector<double>{0.25}));
}

TEST(Tables, MayLackLabelsWhereTheyAreNotRequired) {
  TableSource source = source_named("t.csv");
  source.labels_required = false;
  const auto unlabelled = parse_table("text\na\n", source);
  EXPECT_FALSE(unlabelled.labelled);
  EXPECT_TRUE(std::isnan(unlabelled.examples[0].label));
  EXPECT_TRUE(parse_table("text,label\na,x\nb,y\n", source).labelled);
  source.path = "t.jsonl";
  EXPECT_FALSE(parse_table("{\"text\":\"a\"}", source).labelled);
}

TEST(Tables, MayHaveOneColumnForBothTexts) {
  TableSource source = source_named("t.jsonl");
  source.text_pair_column = "text";
  const auto dataset = parse_table("{\"text\":\"a\",\"label\":0}\n{\"text\":\"b\",\"label\":1}", source);
  EXPECT_EQ(dataset.examples[1].text, "b");
  EXPECT_EQ(dataset.examples[1].text_pair, "b");
}

TEST(Tables, PassTextThatIsNotUtf8Through) {
  const auto dataset = parse_table("text,label\n\xFF\xC3,x\nb,y\n", source_named("t.csv"));
  EXPECT_EQ(dataset.examples[0].text, "\xFF\xC3");
}

TEST(Tables, NameTheLineOfALabelThatIsNoText) {
  try {
    parse_table("text,label\na,x\nb,w\xFF\n", source_named("t.csv"));
    FAIL() << "config.json could not hold it";
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "t.csv:3: the label 'w\uFFFD' is not valid UTF-8");
  }
}

TEST(Tables, AreReadFromFiles) {
  const test::TemporaryDirectory directory;
  write_file_atomically(directory / "t.csv", "text,label\na,x\nb,y\n");
  EXPECT_EQ(load_table(source_named((directory / "t.csv").string())).examples.size(), 2U);
  EXPECT_THROW(load_table(source_named((directory / "none.csv").string())), IoError);
}

}  // namespace
}  // namespace transkimmer
