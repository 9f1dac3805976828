#include "datasets/tasks.h"

#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/files/file.h"
#include "datasets/documents.h"
#include "datasets/glue.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Names = std::vector<std::string>;

Dataset glue(const std::string& task, std::string_view text, Split split = Split::train) {
  return parse_glue(find_task(task), text, split, "train.tsv");
}

TEST(TaskCatalogue, HasTheNamesOfTheOriginalScripts) {
  std::set<std::string> names;
  for (const Task& task : task_catalogue()) {
    names.insert(task.name);
    EXPECT_FALSE(task.metrics.empty()) << task.name;
    EXPECT_FALSE(task.description.empty()) << task.name;
    EXPECT_EQ(task.labels.empty(), task.head != HeadKind::classification) << task.name;
  }
  EXPECT_EQ(names,
            (std::set<std::string>{"cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst2", "stsb", "wnli",
                                   "imdb", "squad", "squad_v2", "20news", "yelp", "yelp_polarity"}));
}

TEST(TaskCatalogue, ScoresEachTaskAsPublished) {
  EXPECT_EQ(find_task("cola").metrics, std::vector{Metric::matthews});
  EXPECT_EQ(find_task("stsb").metrics, (std::vector{Metric::pearson, Metric::spearman}));
  EXPECT_EQ(find_task("mrpc").metrics, (std::vector{Metric::accuracy, Metric::f1}));
  EXPECT_EQ(find_task("qqp").metrics, (std::vector{Metric::accuracy, Metric::f1}));
  EXPECT_EQ(find_task("mnli").metrics, std::vector{Metric::accuracy});
  EXPECT_EQ(find_task("squad_v2").metrics, (std::vector{Metric::f1, Metric::exact}));
}

TEST(TaskCatalogue, ListsItsNamesForAnUnknownOne) {
  try {
    find_task("sst-2");
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_STREQ(
        error.what(),
        "unknown task 'sst-2', expected one of cola, mnli, mrpc, qnli, qqp, rte, sst2, stsb, wnli, imdb, "
        "squad_v2, 20news, yelp, squad, yelp_polarity");
  }
}

TEST(Splits, HaveNames) {
  for (const Split split : {Split::train, Split::dev, Split::test})
    EXPECT_EQ(split_from_name(name_of(split)), split);
  EXPECT_THROW(split_from_name("validation"), UsageError);
}

TEST(Glue, ReadsLabelsInTheOrderOfHuggingFace) {
  EXPECT_EQ(glue("rte", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tnot_entailment\n").examples[0].label,
            1.0);
  EXPECT_EQ(glue("mnli", "sentence1\tsentence2\tgold_label\na\tb\tcontradiction\n").examples[0].label, 2.0);
  EXPECT_EQ(glue("qnli", "index\tquestion\tsentence\tlabel\n0\ta\tb\tentailment\n").examples[0].label, 0.0);
  EXPECT_EQ(glue("sst2", "sentence\tlabel\na\t1\n").examples[0].label, 1.0);
  EXPECT_EQ(glue("wnli", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n").examples[0].label, 1.0);
  EXPECT_EQ(glue("stsb", "sentence1\tsentence2\tscore\na\tb\t3.800\n").examples[0].label, 3.8);
}

TEST(Glue, FindsColumnsByNameInTheFullOfficialHeader) {
  const std::string official =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\t"
      "sentence2_parse\tsentence1\tsentence2\tlabel1\tgold_label\n"
      "0\t1\t1n\tgov\tp\tp\tp\tp\tpremise\thypothesis\tneutral\tentailment\n";
  const auto dataset = glue("mnli", official);
  EXPECT_EQ(dataset.examples[0].text, "premise");
  EXPECT_EQ(dataset.examples[0].text_pair, "hypothesis");
  EXPECT_EQ(dataset.examples[0].label, 0.0);
}

TEST(Glue, ReadsMrpcThroughByteOrderMarkWindowsLineEndsAndQuotes) {
  const auto dataset = glue("mrpc",
                            "\xEF\xBB\xBFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n"
                            "1\t7\t8\tHe said \"no\t\" Yes , \" she said .\r\n");
  EXPECT_EQ(dataset.examples[0].text, "He said \"no");
  EXPECT_EQ(dataset.examples[0].text_pair, "\" Yes , \" she said .");
  EXPECT_EQ(dataset.examples[0].label, 1.0);
}

TEST(Glue, ReadsColaWithoutHeaderSaveInTheTestSplit) {
  const auto train = glue("cola", "gj04\t1\t\tFine.\ngj04\t0\t*\tFine not.\n");
  ASSERT_EQ(train.examples.size(), 2U);
  EXPECT_EQ(train.examples[1].text, "Fine not.");
  EXPECT_EQ(train.examples[1].label, 0.0);
  const auto test = glue("cola", "index\tsentence\n0\tFine.\n", Split::test);
  EXPECT_EQ(test.examples[0].text, "Fine.");
  EXPECT_FALSE(test.labelled);
}

TEST(Glue, HasNoLabelsInTestSplitsUnlessTheColumnIsThere) {
  const auto without = glue("sst2", "index\tsentence\n0\ta\n", Split::test);
  EXPECT_FALSE(without.labelled);
  EXPECT_TRUE(std::isnan(without.examples[0].label));
  EXPECT_EQ(without.labels, (Names{"negative", "positive"}));
  EXPECT_TRUE(glue("sst2", "sentence\tlabel\na\t1\n", Split::test).labelled);
}

TEST(Glue, PassesOverCutRowsOfQqpOnly) {
  const auto dataset =
      glue("qqp", "id\tquestion1\tquestion2\tis_duplicate\n1\ta\tb\t0\n2\tcut\n3\tc\td\t1\n");
  EXPECT_EQ(dataset.examples.size(), 2U);
  EXPECT_EQ(dataset.skipped_rows, std::vector<std::size_t>{1});
  EXPECT_EQ(dataset.examples[1].label, 1.0);
  EXPECT_THROW(glue("rte", "sentence1\tsentence2\tlabel\na\tentailment\n"), FormatError);
}

TEST(Glue, IsFoundInTheFolderOrBelowIt) {
  const test::TemporaryDirectory directory;
  std::filesystem::create_directories(directory / "all/glue/SST-2");
  write_file_atomically(directory / "all/glue/SST-2/dev.tsv", "sentence\tlabel\na\t1\n");
  for (const char* folder : {"all", "all/glue", "all/glue/SST-2"}) {
    EXPECT_EQ(load_task(find_task("sst2"), directory / folder, Split::dev).examples.size(), 1U) << folder;
  }
}

TEST(Glue, ReadsTheMatchedMnliFiles) {
  const test::TemporaryDirectory directory;
  write_file_atomically(directory / "dev_matched.tsv", "sentence1\tsentence2\tgold_label\na\tb\tneutral\n");
  write_file_atomically(directory / "test_matched.tsv", "sentence1\tsentence2\na\tb\n");
  EXPECT_EQ(load_task(find_task("mnli"), directory.path(), Split::dev).examples[0].label, 1.0);
  EXPECT_FALSE(load_task(find_task("mnli"), directory.path(), Split::test).labelled);
}

TEST(Yelp, CountsStarsFromOne) {
  const auto dataset =
      parse_yelp(find_task("yelp"), "5,\"Good.\n\n\"\"Very\"\".\"\n\"1\",Bad\n", "train.csv");
  ASSERT_EQ(dataset.examples.size(), 2U);
  EXPECT_EQ(dataset.examples[0].text, "Good.\n\n\"Very\".");
  EXPECT_EQ(dataset.examples[0].label, 4.0);
  EXPECT_EQ(dataset.examples[1].label, 0.0);
}

TEST(Newsgroups, TakesLabelsByIndexOrName) {
  const auto dataset = parse_document_lines(
      find_task("20news"), "{\"text\":\"a\",\"label\":19}\n{\"text\":\"b\",\"label\":\"sci.space\"}",
      Split::train, "f");
  EXPECT_EQ(dataset.examples[0].label, 19.0);
  EXPECT_EQ(dataset.examples[1].label, 14.0);
}

}  // namespace
}  // namespace transkimmer
