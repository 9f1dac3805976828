#include "evaluation/align_labels.h"

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Names = std::vector<std::string>;

Example example_of(double label) {
  Example example;
  example.text = "text";
  example.label = label;
  return example;
}

/// Examples labelled 0, 1, 2, ... in this order, and one that has no label.
Dataset dataset_of(const Names& labels) {
  Dataset dataset;
  dataset.origin = "data.tsv";
  dataset.labels = labels;
  for (std::size_t i = 0; i < labels.size(); ++i)
    dataset.examples.push_back(example_of(static_cast<double>(i)));
  dataset.examples.push_back(example_of(std::nan("")));
  return dataset;
}

ModelConfig model_of(const Names& labels) {
  ModelConfig config;
  config.labels = labels;
  return config;
}

std::vector<double> labels_of(const Dataset& dataset) {
  std::vector<double> labels;
  for (const Example& example : dataset.examples)
    if (!std::isnan(example.label)) labels.push_back(example.label);
  return labels;
}

std::string refusal_of(Dataset dataset, const ModelConfig& config) {
  try {
    align_labels(dataset, config);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(AlignLabels, LeavesEqualLabelsAlone) {
  Dataset dataset = dataset_of({"no", "yes"});
  EXPECT_EQ(align_labels(dataset, model_of({"no", "yes"})), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{0, 1}));
}

TEST(AlignLabels, FollowsTheModelsOrderByName) {
  Dataset dataset = dataset_of({"entailment", "neutral", "contradiction"});
  const auto positions = align_labels(dataset, model_of({"contradiction", "entailment", "neutral"}));
  EXPECT_EQ(positions, (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 2, 0}));
  EXPECT_EQ(dataset.labels, (Names{"contradiction", "entailment", "neutral"}));
}

TEST(AlignLabels, TakesCapitalsForTheSameName) {
  Dataset dataset = dataset_of({"entailment", "neutral", "contradiction"});
  align_labels(dataset, model_of({"CONTRADICTION", "NEUTRAL", "ENTAILMENT"}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{2, 1, 0}));
}

TEST(AlignLabels, PrefersTheSameSpellingWhereCaseTellsClassesApart) {
  Dataset dataset = dataset_of({"us", "US"});
  align_labels(dataset, model_of({"US", "us"}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{1, 0}));
  EXPECT_EQ(refusal_of(dataset_of({"Us", "them"}), model_of({"US", "us"})),
            "data.tsv has the class 'Us', which the model does not know; its classes are 'US', 'us'");
}

TEST(AlignLabels, RefusesTwoClassesThatTheModelHasAsOne) {
  EXPECT_EQ(refusal_of(dataset_of({"Yes", "YES"}), model_of({"yes", "no"})),
            "data.tsv has the classes 'Yes' and 'YES', the model only 'yes'");
}

TEST(AlignLabels, LeavesUnlabelledExamplesUnlabelled) {
  Dataset dataset = dataset_of({"no", "yes"});
  align_labels(dataset, model_of({"yes", "no"}));
  EXPECT_TRUE(std::isnan(dataset.examples.back().label));
}

TEST(AlignLabels, TakesNamesThatSayNothingByIndex) {
  Dataset dataset = dataset_of({"no", "yes"});
  align_labels(dataset, model_of({"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(labels_of(dataset), (std::vector<double>{0, 1}));
}

TEST(AlignLabels, LeavesRegressionAlone) {
  Dataset dataset;
  dataset.examples.push_back(example_of(3.75));
  align_labels(dataset, model_of({"similarity"}));
  EXPECT_EQ(dataset.examples.front().label, 3.75);
}

TEST(AlignLabels, RefusesAClassTheModelDoesNotKnow) {
  EXPECT_EQ(refusal_of(dataset_of({"no", "maybe"}), model_of({"no", "yes"})),
            "data.tsv has the class 'maybe', which the model does not know; its classes are 'no', 'yes'");
}

TEST(AlignLabels, RefusesAnotherNumberOfClasses) {
  EXPECT_EQ(refusal_of(dataset_of({"no", "yes"}), model_of({"no", "maybe", "yes"})),
            "data.tsv has 2 classes ('no', 'yes'), the model 3 ('no', 'maybe', 'yes')");
  EXPECT_EQ(refusal_of(dataset_of({"no", "yes"}), model_of({"LABEL_0", "LABEL_1", "LABEL_2"})),
            "data.tsv has 2 classes ('no', 'yes'), the model 3 ('LABEL_0', 'LABEL_1', 'LABEL_2')");
}

TEST(AlignLabels, ShowsNamesFromOutsideOnOneShortLine) {
  const Names many(1000, "label\x1b[2J of a file that someone else has written");
  const std::string refusal = refusal_of(dataset_of({"no", "yes\n"}), model_of(many));
  EXPECT_LT(refusal.size(), 1000U);
  EXPECT_EQ(refusal.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_TRUE(refusal.ends_with(", ...)")) << refusal;
}

}  // namespace
}  // namespace transkimmer
