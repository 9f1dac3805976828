#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include "datasets/squad.h"
#include "datasets/tasks.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// Public data kept outside the checkout: where TRANSKIMMER_DATA points, or beside the checkout.
fs::path data_directory() {
  if (const char* given = std::getenv("TRANSKIMMER_DATA")) return given;
  return TRANSKIMMER_REAL_DATA;
}

struct KnownSplit {
  const char* task;
  const char* folder;
  Split split;
  std::size_t rows;
};

std::string test_name(const testing::TestParamInfo<KnownSplit>& tested) {
  return std::string(tested.param.task) + "_" + std::string(name_of(tested.param.split));
}

class RealData : public testing::TestWithParam<KnownSplit> {};

TEST_P(RealData, LoadsWholeWithAllItsLabels) {
  const KnownSplit& known = GetParam();
  const fs::path directory = data_directory() / known.folder;
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    GTEST_SKIP() << directory << " is absent; set TRANSKIMMER_DATA to the folder of the data sets";
  }
  const Task& task = find_task(known.task);
  const Dataset dataset = load_task(task, directory, known.split);
  EXPECT_EQ(dataset.examples.size(), known.rows);
  EXPECT_TRUE(dataset.skipped_rows.empty());
  std::set<double> labels;
  for (const Example& example : dataset.examples) {
    EXPECT_EQ(example.text_pair.has_value(), task.pair);
    if (dataset.labelled) labels.insert(example.label);
  }
  const bool glue_test = known.split == Split::test && std::string(known.folder).starts_with("glue");
  EXPECT_EQ(dataset.labelled, !glue_test);
  if (dataset.labelled && task.head == HeadKind::classification) {
    EXPECT_EQ(labels.size(), task.labels.size());
  }
}

INSTANTIATE_TEST_SUITE_P(
    Splits, RealData,
    testing::Values(
        KnownSplit{"sst2", "glue", Split::train, 67349}, KnownSplit{"sst2", "glue", Split::dev, 872},
        KnownSplit{"sst2", "glue", Split::test, 1821}, KnownSplit{"cola", "glue", Split::train, 8551},
        KnownSplit{"cola", "glue", Split::dev, 1043}, KnownSplit{"cola", "glue", Split::test, 1063},
        KnownSplit{"mrpc", "glue", Split::train, 3668}, KnownSplit{"mrpc", "glue", Split::dev, 408},
        KnownSplit{"mrpc", "glue", Split::test, 1725}, KnownSplit{"rte", "glue", Split::train, 2490},
        KnownSplit{"rte", "glue", Split::dev, 277}, KnownSplit{"rte", "glue", Split::test, 3000},
        KnownSplit{"wnli", "glue", Split::train, 635}, KnownSplit{"wnli", "glue", Split::dev, 71},
        KnownSplit{"wnli", "glue", Split::test, 146}, KnownSplit{"stsb", "glue", Split::train, 5749},
        KnownSplit{"stsb", "glue", Split::dev, 1500}, KnownSplit{"stsb", "glue", Split::test, 1379},
        KnownSplit{"mnli", "glue", Split::train, 10000}, KnownSplit{"mnli", "glue", Split::dev, 10000},
        KnownSplit{"qqp", "glue", Split::train, 10000}, KnownSplit{"qqp", "glue", Split::dev, 10000},
        KnownSplit{"20news", "20news", Split::train, 10183}, KnownSplit{"20news", "20news", Split::dev, 1131},
        KnownSplit{"20news", "20news", Split::test, 7532}, KnownSplit{"yelp", "yelp", Split::train, 8000},
        KnownSplit{"yelp", "yelp", Split::dev, 1000}, KnownSplit{"yelp", "yelp", Split::test, 1000},
        KnownSplit{"imdb", "imdb/aclImdb", Split::train, 25000},
        KnownSplit{"imdb", "imdb/aclImdb", Split::dev, 25000},
        KnownSplit{"imdb", "imdb/aclImdb", Split::test, 25000}),
    test_name);

struct KnownQuestions {
  Split split;
  std::size_t contexts;
  std::size_t questions;
  std::size_t unanswerable;
  std::size_t answers;
};

class RealQuestions : public testing::TestWithParam<KnownQuestions> {};

TEST_P(RealQuestions, LoadWholeWithAllTheirAnswers) {
  const KnownQuestions& known = GetParam();
  const fs::path directory = data_directory() / "squad2";
  std::error_code ignored;
  if (!fs::is_directory(directory, ignored)) {
    GTEST_SKIP() << directory << " is absent; set TRANSKIMMER_DATA to the folder of the data sets";
  }
  const QaDataset dataset = load_squad(find_squad_file(data_directory(), known.split));
  EXPECT_EQ(dataset.contexts.size(), known.contexts);
  EXPECT_EQ(dataset.examples.size(), known.questions);
  EXPECT_TRUE(dataset.labelled);
  std::size_t unanswerable = 0;
  std::size_t answers = 0;
  for (const QaExample& example : dataset.examples) {
    unanswerable += example.answers.empty() ? 1 : 0;
    answers += example.answers.size();
    for (const QaAnswer& answer : example.answers)
      EXPECT_EQ(dataset.context_of(example).substr(answer.begin, answer.text.size()), answer.text);
  }
  EXPECT_EQ(unanswerable, known.unanswerable);
  EXPECT_EQ(answers, known.answers);
}

INSTANTIATE_TEST_SUITE_P(Splits, RealQuestions,
                         testing::Values(KnownQuestions{Split::train, 848, 8218, 4044, 14812},
                                         KnownQuestions{Split::dev, 356, 3655, 1901, 5490}),
                         [](const auto& tested) { return std::string(name_of(tested.param.split)); });

}  // namespace
}  // namespace transkimmer
