#include "datasets/label_sets.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/tables.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Names = std::vector<std::string>;
using Marks = std::vector<std::vector<std::uint8_t>>;

TableSource sets_named(const std::string& path, Names labels = {}, Names columns = {}) {
  TableSource source;
  source.path = path;
  source.head = HeadKind::multi_label;
  source.labels = std::move(labels);
  source.label_columns = std::move(columns);
  return source;
}

Marks marks_of(const Dataset& dataset) {
  Marks marks;
  for (const Example& example : dataset.examples) marks.push_back(example.marks);
  return marks;
}

const Marks expected = {{1, 0, 1}, {0, 0, 0}, {0, 1, 0}};

/// The same three sets in every form that a file may have.
struct Form {
  std::string name, path, text;
  Names columns = {};

  friend std::ostream& operator<<(std::ostream& out, const Form& form) { return out << form.name; }
};

class FormsOfSets : public testing::TestWithParam<Form> {};

INSTANTIATE_TEST_SUITE_P(
    Files, FormsOfSets,
    testing::Values(Form{"Csv", "t.csv", "text,label\na,\"crime, war\"\nb,\nc,drama\n"},
                    Form{"Tsv", "t.tsv", "text\tlabel\na\twar,crime\nb\t \nc\tdrama\n"},
                    Form{"JsonNames", "t.jsonl",
                         "{\"text\":\"a\",\"label\":[\"war\",\"crime\"]}\n{\"text\":\"b\",\"label\":[]}\n"
                         "{\"text\":\"c\",\"label\":\"drama\"}\n"},
                    Form{
                        "JsonMarks", "t.jsonl",
                        "{\"text\":\"a\",\"label\":[1.0,0.0,1.0]}\n{\"text\":\"b\",\"label\":[0.0,0.0,0.0]}\n"
                        "{\"text\":\"c\",\"label\":[0.0,1.0,0.0]}\n"},
                    Form{"JsonIndices", "t.jsonl",
                         "{\"text\":\"a\",\"label\":[0,2]}\n{\"text\":\"b\",\"label\":[]}\n"
                         "{\"text\":\"c\",\"label\":[1]}\n"},
                    Form{"CsvColumns",
                         "t.csv",
                         "war,text,crime,drama\n1,a,1,0\n0.0,b,false,0\n0,c,0,True\n",
                         {"drama", "war", "crime"}},
                    Form{"JsonColumns",
                         "t.jsonl",
                         "{\"text\":\"a\",\"war\":1,\"crime\":true,\"drama\":0}\n"
                         "{\"text\":\"b\",\"war\":0.0,\"crime\":false,\"drama\":0}\n"
                         "{\"text\":\"c\",\"war\":0,\"crime\":\"0\",\"drama\":1.0}\n",
                         {"drama", "war", "crime"}}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(FormsOfSets, SayTheSame) {
  const Form& form = GetParam();
  const Dataset dataset =
      parse_table(form.text, sets_named(form.path, {"crime", "drama", "war"}, form.columns));
  EXPECT_TRUE(dataset.labelled);
  EXPECT_EQ(dataset.labels, (Names{"crime", "drama", "war"}));
  EXPECT_EQ(marks_of(dataset), expected);
  EXPECT_EQ(dataset.examples[0].label, 2) << "how many labels there are";
  EXPECT_EQ(dataset.examples[1].label, 0);
}

TEST(LabelSets, LabelsAreCollectedAsThoseOfClassesAre) {
  EXPECT_EQ(parse_table("text,label\na,\"b,a\"\nb,c\n", sets_named("t.csv")).labels, (Names{"a", "b", "c"}));
  EXPECT_EQ(parse_table("text,label\na,\"10,9\"\nb,\n", sets_named("t.csv")).labels, (Names{"9", "10"}));
  EXPECT_EQ(parse_table("{\"text\":\"a\",\"label\":[0.0,1.0]}\n", sets_named("t.jsonl")).labels,
            (Names{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(parse_table("text,x,y\na,0,1\n", sets_named("t.csv", {}, {"y", "x"})).labels, (Names{"y", "x"}));
}

TEST(LabelSets, AFileWithoutThemIsNotLabelled) {
  TableSource source = sets_named("t.csv", {"a", "b"});
  source.labels_required = false;
  EXPECT_FALSE(parse_table("text\na\n", source).labelled);
  source.path = "t.jsonl";
  EXPECT_FALSE(parse_table("{\"text\":\"a\"}\n", source).labelled);
  EXPECT_FALSE(parse_table("{\"text\":\"a\",\"label\":null}\n", source).labelled);
}

struct BadSets {
  std::string name, path, text, message;
  Names labels = {}, columns = {};

  friend std::ostream& operator<<(std::ostream& out, const BadSets& bad) { return out << bad.name; }
};

class MalformedSets : public testing::TestWithParam<BadSets> {};

INSTANTIATE_TEST_SUITE_P(
    Files, MalformedSets,
    testing::Values(
        BadSets{"Unknown",
                "t.csv",
                "text,label\na,\"x,y\"\n",
                "t.csv:2: label 'y' is none of x (0), z (1)",
                {"x", "z"}},
        BadSets{"Twice", "t.jsonl", "{\"text\":\"a\",\"label\":[0,1,0]}\n",
                "t.jsonl:1: has the label '0' twice; zeros and ones for all labels are written 0.0 and 1.0"},
        BadSets{"Count",
                "t.jsonl",
                "{\"text\":\"a\",\"label\":[0.0,1.0]}\n",
                "t.jsonl:1: has 2 zeros and ones, expected one for each label: 'x', 'y', 'z'",
                {"x", "y", "z"}},
        BadSets{
            "Fraction", "t.jsonl", "{\"text\":\"a\",\"label\":[0.5]}\n",
            "t.jsonl:1: 'label' has 0.5, expected an array of label names, or of 1.0 and 0.0 for each label"},
        BadSets{
            "NoArray", "t.jsonl", "{\"text\":\"a\",\"label\":{}}\n",
            "t.jsonl:1: 'label' has {}, expected an array of label names, or of 1.0 and 0.0 for each label"},
        BadSets{"SilentAmongOthers", "t.jsonl",
                "{\"text\":\"a\",\"label\":[\"x\"]}\n{\"text\":\"b\",\"label\":null}\n",
                "t.jsonl:2: has no set of labels, but others have; an empty one is []"},
        BadSets{"AllEmpty", "t.csv", "text,label\na,\nb,\n",
                "t.csv: every set of labels is empty, there is nothing to learn"},
        BadSets{"NoMark", "t.csv", "text,x\na,2\n", "t.csv:2: 'x' is '2', expected 1 or 0", {}, {"x"}},
        BadSets{"NoJsonMark",
                "t.jsonl",
                "{\"text\":\"a\",\"x\":[1]}\n",
                "t.jsonl:1: 'x' is [1], expected 1 or 0",
                {},
                {"x"}},
        BadSets{"NoColumn",
                "t.csv",
                "text,x\na,1\n",
                "t.csv:1: no column 'y'; columns found: 'text', 'x'",
                {},
                {"y"}}),
    [](const auto& tested) { return tested.param.name; });

TEST_P(MalformedSets, AreNamed) {
  const BadSets& bad = GetParam();
  try {
    parse_table(bad.text, sets_named(bad.path, bad.labels, bad.columns));
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_EQ(std::string(error.what()), bad.message);
  }
}

TEST(LabelSets, AColumnForEachLabelThatTheModelHasIsWanted) {
  EXPECT_THROW(parse_table("text,x\na,1\n", sets_named("t.csv", {"x", "y"}, {"x"})), UsageError);
}

TEST(LabelSets, WhereClassesAreExpectedTheOptionIsNamed) {
  TableSource classes;
  classes.path = "t.jsonl";
  try {
    parse_table("{\"text\":\"a\",\"label\":[\"x\"]}\n", classes);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), testing::EndsWith("sets of labels are read with --multi-label"));
  }
}

}  // namespace
}  // namespace transkimmer
