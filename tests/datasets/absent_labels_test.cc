#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "datasets/documents.h"
#include "datasets/glue.h"
#include "datasets/tables.h"
#include "datasets/tasks.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// Of a table that a model with the classes "bad" and "good" reads.
Dataset table(const std::string& name, const std::string& text, HeadKind head = HeadKind::classification) {
  TableSource source;
  source.path = name;
  source.head = head;
  if (head == HeadKind::classification) source.labels = {"bad", "good"};
  return parse_table(text, source);
}

void expect_unlabelled(const Dataset& dataset, std::size_t examples) {
  EXPECT_FALSE(dataset.labelled);
  ASSERT_EQ(dataset.examples.size(), examples);
  for (const Example& example : dataset.examples) EXPECT_TRUE(std::isnan(example.label));
}

TEST(AbsentLabels, MakeATestSplitUnlabelledInEveryFormat) {
  expect_unlabelled(table("t.csv", "text,label\na,-1\nb,-1\n"), 2);
  expect_unlabelled(table("t.csv", "text,label\na,\nb,\n"), 2);
  expect_unlabelled(table("t.tsv", "text\tlabel\na\t-1\nb\t-1\n"), 2);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":-1}\n{\"text\":\"b\",\"label\":-1}\n"), 2);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":null}\n"), 1);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":-1.0}\n"), 1);
  TableSource not_required;
  not_required.path = "t.jsonl";
  not_required.labels = {"bad", "good"};
  not_required.labels_required = false;
  expect_unlabelled(parse_table("{\"text\":\"a\",\"label\":null}\n{\"text\":\"b\"}\n", not_required), 2);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":\"-1\"}\n", HeadKind::regression), 1);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":\"\"}\n", HeadKind::regression), 1);
  expect_unlabelled(table("t.csv", "text,label\na,-1.0\n", HeadKind::regression), 1);
  expect_unlabelled(table("t.jsonl", "{\"text\":\"a\",\"label\":-1.0}\n", HeadKind::regression), 1);
  const Task& sst2 = find_task("sst2");
  expect_unlabelled(parse_glue(sst2, "sentence\tlabel\na\t-1\nb\t-1\n", Split::test, "test.tsv"), 2);
  const Task& stsb = find_task("stsb");
  expect_unlabelled(parse_glue(stsb, "sentence1\tsentence2\tscore\na\tb\t-1.0\n", Split::test, "test.tsv"),
                    1);
  const Task& imdb = find_task("imdb");
  expect_unlabelled(parse_document_lines(imdb, "{\"text\":\"a\",\"label\":-1}\n", Split::test, "test.jsonl"),
                    1);
  expect_unlabelled(parse_yelp(find_task("yelp"), "-1,\"a\"\n", "test.csv"), 1);
}

TEST(AbsentLabels, InSomeRowsAloneAreAnError) {
  TableSource not_required;
  not_required.path = "t.jsonl";
  not_required.labels = {"bad", "good"};
  not_required.labels_required = false;
  EXPECT_THROW(parse_table("{\"text\":\"a\"}\n{\"text\":\"b\",\"label\":\"good\"}\n", not_required),
               FormatError)
      << "in whatever order";
  EXPECT_THROW(table("t.csv", "text,label\na,good\nb,-1\n"), FormatError);
  EXPECT_THROW(table("t.csv", "text,label\na,good\nb,\n"), FormatError);
  EXPECT_THROW(table("t.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\",\"label\":null}\n"),
               FormatError);
  EXPECT_THROW(table("t.jsonl", "{\"text\":\"a\",\"label\":1}\n{\"text\":\"b\"}\n"), FormatError);
  EXPECT_THROW(parse_glue(find_task("sst2"), "sentence\tlabel\na\t1\nb\t-1\n", Split::test, "t"),
               FormatError);
}

TEST(AbsentLabels, AreNoneWhereMinusOneIsAClassOrAScore) {
  TableSource source;
  source.path = "t.csv";
  const Dataset classes = parse_table("text,label\na,-1\nb,1\n", source);
  EXPECT_TRUE(classes.labelled);
  EXPECT_EQ(classes.labels, (std::vector<std::string>{"-1", "1"}));
  source.labels = classes.labels;
  const Dataset one = parse_table("text,label\na,-1\n", source);
  EXPECT_TRUE(one.labelled);
  EXPECT_EQ(one.examples[0].label, 0);
  const Dataset scores = table("t.csv", "text,label\na,-1\nb,0.5\n", HeadKind::regression);
  EXPECT_TRUE(scores.labelled);
  EXPECT_EQ(scores.examples[0].label, -1);
}

}  // namespace
}  // namespace transkimmer
