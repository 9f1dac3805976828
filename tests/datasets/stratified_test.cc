// Examples set apart for validation, and what is odd about a file.

#include "datasets/stratified.h"

#include <map>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// So many examples of each label, in turn as long as there are any.
Dataset dataset_of(const std::vector<std::size_t>& counts) {
  Dataset dataset;
  dataset.origin = "mine.csv";
  for (std::size_t label = 0; label < counts.size(); ++label)
    dataset.labels.push_back("label " + std::to_string(label));
  for (std::size_t i = 0; i < 1000; ++i)
    for (std::size_t label = 0; label < counts.size(); ++label)
      if (i < counts[label])
        dataset.examples.push_back(
            {"text " + std::to_string(i) + " of " + std::to_string(label), {}, static_cast<double>(label)});
  return dataset;
}

std::map<double, std::size_t> counts_of(const Dataset& dataset) {
  std::map<double, std::size_t> counts;
  for (const Example& example : dataset.examples) ++counts[example.label];
  return counts;
}

TEST(TakeShare, TakesOfEachLabelItsShareAndLeavesTheRest) {
  Dataset train = dataset_of({100, 40, 10, 1});
  const Dataset all = train;
  const Dataset dev = take_share(train, 0.2, 42);
  EXPECT_EQ(counts_of(dev), (std::map<double, std::size_t>{{0, 20}, {1, 8}, {2, 2}}));
  EXPECT_EQ(counts_of(train), (std::map<double, std::size_t>{{0, 80}, {1, 32}, {2, 8}, {3, 1}}));
  EXPECT_EQ(dev.labels, all.labels);
  EXPECT_EQ(duplicates_between(train, dev).count, 0U);
  // Both in the order of the file.
  std::size_t from_train = 0, from_dev = 0;
  for (const Example& example : all.examples) {
    if (from_train < train.examples.size() && train.examples[from_train].text == example.text) {
      ++from_train;
    } else {
      ASSERT_EQ(dev.examples[from_dev++].text, example.text);
    }
  }
}

TEST(TakeShare, IsTheSameForTheSameSeedAlone) {
  const auto texts = [](std::uint64_t seed) {
    Dataset train = dataset_of({50, 50});
    std::string all;
    for (const Example& example : take_share(train, 0.3, seed).examples) all += example.text + "\n";
    return all;
  };
  EXPECT_EQ(texts(1), texts(1));
  EXPECT_NE(texts(1), texts(2));
}

TEST(TakeShare, KeepsTheShareOfNumbersAndOfFirstLabelsOfSets) {
  Dataset numbers = dataset_of({50});
  numbers.labels.clear();
  for (std::size_t i = 0; i < 50; ++i) numbers.examples[i].label = static_cast<double>(i) / 10;
  EXPECT_EQ(take_share(numbers, 0.1, 1).examples.size(), 5U);
  Dataset sets = dataset_of({40, 10});
  for (Example& example : sets.examples)
    example.marks = example.label == 0 ? std::vector<std::uint8_t>{1, 1} : std::vector<std::uint8_t>{0, 1};
  EXPECT_EQ(counts_of(take_share(sets, 0.5, 1)), (std::map<double, std::size_t>{{0, 20}, {1, 5}}));
}

TEST(TakeShare, TooFewExamplesAreRefused) {
  for (const std::vector<std::size_t>& counts : {std::vector<std::size_t>{1, 1, 1}, {2, 2}}) {
    Dataset train = dataset_of(counts);
    EXPECT_THROW(take_share(train, 0.1, 1), UsageError);
  }
}

TEST(Duplicates, AreCountedAndTheFirstIsNamed) {
  Dataset train = dataset_of({3}), dev = dataset_of({5});
  dev.examples[0].label = 9;  // a label that contradicts makes it no better
  EXPECT_EQ(duplicates_between(train, dev).count, 3U);
  EXPECT_EQ(duplicates_between(train, dev).first, "text 0 of 0");
  train.examples = {{"a", "b c"}};
  dev.examples = {{"a b", "c"}, {"a", {}}, {"a", "b c"}};
  EXPECT_EQ(duplicates_between(train, dev).count, 1U);
}

TEST(Remarks, NameRareLabelsEmptyTextsAndMissingPairs) {
  Dataset dataset = dataset_of({5, 1});
  dataset.examples[0].text = " \t";
  for (std::size_t i = 0; i < 4; ++i) dataset.examples[i].text_pair = i == 0 ? "x" : "";
  EXPECT_THAT(remarks_about(dataset),
              ElementsAre(HasSubstr("mine.csv: the label 'label 1' occurs once"),
                          "mine.csv: 1 texts are empty", "mine.csv: most second texts are empty (3 of 4)"));
  EXPECT_THAT(remarks_about(dataset_of({5, 2})), IsEmpty());
}

}  // namespace
}  // namespace transkimmer
