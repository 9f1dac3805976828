// Every task of the catalogue, from files in the form in which its authors publish them to examples with
// their labels.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "datasets/squad.h"
#include "datasets/tasks.h"
#include "hub/environment.h"
#include "hub/find_data.h"
#include "hub/online/archives.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"

namespace transkimmer::test {
namespace {

struct Expected {
  Split split;
  std::string text;
  std::string text_pair;
  double label;
  std::size_t examples;
};

struct PublishedTask {
  std::string name;
  std::map<std::string, std::string> files;  ///< by the name of each
  std::vector<Expected> splits;
};

std::string zip(const std::vector<ArchiveEntry>& entries) {
  return archive_of(ArchiveKind::zip, entries);
}
std::string tar_gz(const std::vector<ArchiveEntry>& entries) {
  return archive_of(ArchiveKind::tar_gz, entries);
}

/// A task of GLUE, whose archive has a folder with three tables.
PublishedTask glue(const std::string& name, const std::string& archive, const std::string& folder,
                   const std::string& train, const std::string& dev, const std::vector<Expected>& splits) {
  const std::string matched = name == "mnli" ? "_matched" : "";
  return {name,
          {{archive, zip({{.path = folder + "/", .folder = true},
                          {.path = folder + "/original/readme.txt", .content = "as it was"},
                          {.path = "__MACOSX/" + folder + "/._train.tsv", .content = "x"},
                          {.path = folder + "/train.tsv", .content = train},
                          {.path = folder + "/dev" + matched + ".tsv", .content = dev}})}},
          splits};
}

std::vector<ArchiveEntry> newsgroups() {
  std::vector<ArchiveEntry> entries;
  for (const std::string part : {"train", "test"}) {
    entries.push_back({.path = "20news-bydate-" + part + "/", .folder = true});
    for (const std::string& group : find_task("20news").labels)
      entries.push_back({.path = "20news-bydate-" + part + "/" + group + "/49960",
                         .content = "Subject: " + part + "\n\n" + group});
  }
  return entries;
}

std::vector<PublishedTask> published_tasks() {
  const std::string mrpc = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n";
  return {
      glue("cola", "CoLA.zip", "CoLA", "gj04\t1\t\tFine.\ngj04\t0\t*\tFine not.\n",
           "gj04\t0\t*\tNot fine it.\n",
           {{Split::train, "Fine.", "", 1, 2}, {Split::dev, "Not fine it.", "", 0, 1}}),
      glue("mnli", "MNLI.zip", "MNLI",
           "index\tgenre\tsentence1\tsentence2\tgold_label\n0\tgov\tp\th\tcontradiction\n",
           "index\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n0\tgov\tq\ti\tneutral\tentailment\n",
           {{Split::train, "p", "h", 2, 1}, {Split::dev, "q", "i", 0, 1}}),
      {"mrpc",
       {{"msr_paraphrase_train.txt", "\xEF\xBB\xBF" + mrpc + "1\t1\t2\ta \"b\tc\r\n0\t3\t4\td\te\r\n"},
        {"msr_paraphrase_test.txt", mrpc + "1\t5\t6\tf\tg\r\n"},
        {"mrpc_dev_ids.tsv", "3\t4\n"}},
       {{Split::train, "a \"b", "c", 1, 1}, {Split::dev, "d", "e", 0, 1}, {Split::test, "f", "g", 1, 1}}},
      glue("qnli", "QNLIv2.zip", "QNLI", "index\tquestion\tsentence\tlabel\n0\twho?\ta\tnot_entailment\n",
           "index\tquestion\tsentence\tlabel\n0\twhy?\tb\tentailment\n",
           {{Split::train, "who?", "a", 1, 1}, {Split::dev, "why?", "b", 0, 1}}),
      glue("qqp", "QQP.zip", "QQP",
           "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\ta?\tb?\t1\n4\t5\tcut short\n",
           "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tc?\td?\t0\n",
           {{Split::train, "a?", "b?", 1, 1}, {Split::dev, "c?", "d?", 0, 1}}),
      glue("rte", "RTE.zip", "RTE", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tnot_entailment\n",
           "index\tsentence1\tsentence2\tlabel\n0\tc\td\tentailment\n",
           {{Split::train, "a", "b", 1, 1}, {Split::dev, "c", "d", 0, 1}}),
      glue("sst2", "SST-2.zip", "SST-2", "sentence\tlabel\na charming journey \t1\nflat \t0\n",
           "sentence\tlabel\ndull \t0\n",
           {{Split::train, "a charming journey ", "", 1, 2}, {Split::dev, "dull ", "", 0, 1}}),
      glue("stsb", "STS-B.zip", "STS-B", "index\tgenre\tsentence1\tsentence2\tscore\n0\tnews\ta\tb\t3.800\n",
           "index\tgenre\tsentence1\tsentence2\tscore\n0\tnews\tc\td\t0.000\n",
           {{Split::train, "a", "b", 3.8, 1}, {Split::dev, "c", "d", 0, 1}}),
      glue("wnli", "WNLI.zip", "WNLI", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\t1\n",
           "index\tsentence1\tsentence2\tlabel\n0\tc\td\t0\n",
           {{Split::train, "a", "b", 1, 1}, {Split::dev, "c", "d", 0, 1}}),
      {"imdb",
       {{"aclImdb_v1.tar.gz", tar_gz({{.path = "aclImdb/train/pos/0_9.txt", .content = "good"},
                                      {.path = "aclImdb/train/neg/0_1.txt", .content = "bad"},
                                      {.path = "aclImdb/train/unsup/0_0.txt", .content = "no one knows"},
                                      {.path = "aclImdb/test/pos/0_10.txt", .content = "great"},
                                      {.path = "aclImdb/test/neg/0_2.txt", .content = "dull"}})}},
       {{Split::train, "bad", "", 0, 2}, {Split::dev, "dull", "", 0, 2}, {Split::test, "dull", "", 0, 2}}},
      {"20news",
       {{"20news-bydate.tar.gz", tar_gz(newsgroups())}},
       {{Split::train, "Subject: train\n\nalt.atheism", "", 0, 20},
        {Split::dev, "Subject: test\n\nalt.atheism", "", 0, 20}}},
      {"yelp",
       {{"yelp_review_full_csv.tgz",
         tar_gz(
             {{.path = "yelp_review_full_csv/readme.txt", .content = "stars"},
              {.path = "yelp_review_full_csv/train.csv", .content = "\"5\",\"dr. \"\"who\"\" is, great\"\n"},
              {.path = "yelp_review_full_csv/test.csv", .content = "\"1\",\"bad\"\n\"2\",\"so so\"\n"}})}},
       {{Split::train, "dr. \"who\" is, great", "", 4, 1},
        {Split::dev, "bad", "", 0, 2},
        {Split::test, "bad", "", 0, 2}}},
      {"yelp_polarity",
       {{"yelp_review_polarity_csv.tgz",
         tar_gz({{.path = "yelp_review_polarity_csv/train.csv", .content = "\"2\",\"great\"\n"},
                 {.path = "yelp_review_polarity_csv/test.csv", .content = "\"1\",\"bad\"\n"}})}},
       {{Split::train, "great", "", 1, 1}, {Split::dev, "bad", "", 0, 1}, {Split::test, "bad", "", 0, 1}}},
  };
}

/// The same without sizes and hashes, which are those of the real files.
Task unpinned(const std::string& name) {
  Task task = find_task(name);
  for (PublishedFile& file : task.source.files) {
    file.size = 0;
    file.sha256.clear();
  }
  return task;
}

class PublishedData : public ::testing::TestWithParam<PublishedTask> {
 protected:
  FoundData fetch(const Task& task, const std::map<std::string, std::string>& files) {
    EXPECT_EQ(task.source.files.size(), files.size());
    for (const auto& [name, content] : files) host_.put_file("/mirror/" + name, content);
    return find_data({.name = task.name, .source = task.source, .mirror = host_.address() + "/mirror"},
                     {.endpoint = host_.address(), .data = root_ / "data"});
  }

  Variable no_proxy_{"no_proxy", "127.0.0.1,localhost"};
  TemporaryDirectory root_;
  HubStandIn host_;
};

TEST_P(PublishedData, BecomesExamples) {
  const Task task = unpinned(GetParam().name);
  const FoundData found = fetch(task, GetParam().files);
  for (const Expected& expected : GetParam().splits) {
    const Dataset dataset = load_task(task, found.directory, expected.split);
    ASSERT_EQ(dataset.examples.size(), expected.examples) << name_of(expected.split);
    EXPECT_TRUE(dataset.labelled);
    EXPECT_EQ(dataset.examples[0].text, expected.text);
    EXPECT_EQ(dataset.examples[0].text_pair.value_or(""), expected.text_pair);
    EXPECT_EQ(dataset.examples[0].label, expected.label);
  }
}

INSTANTIATE_TEST_SUITE_P(Tasks, PublishedData, ::testing::ValuesIn(published_tasks()),
                         [](const auto& tested) { return tested.param.name; });

TEST(PublishedTasks, AreAllTested) {
  std::vector<std::string> tested = {"squad", "squad_v2"};  // below
  for (const PublishedTask& task : published_tasks()) tested.push_back(task.name);
  std::vector<std::string> all;
  for (const Task& task : task_catalogue()) all.push_back(task.name);
  EXPECT_THAT(tested, ::testing::UnorderedElementsAreArray(all));
}

class PublishedQuestions : public PublishedData {};

TEST_P(PublishedQuestions, BecomeExamples) {
  const Task task = unpinned(GetParam().name);
  const FoundData found = fetch(task, GetParam().files);
  for (const Expected& expected : GetParam().splits) {
    const QaDataset dataset = load_squad(find_squad_file(found.directory, expected.split, task));
    ASSERT_EQ(dataset.examples.size(), expected.examples);
    EXPECT_EQ(dataset.examples[0].question, expected.text);
    ASSERT_EQ(dataset.examples[0].answers.size(), 1);
    EXPECT_EQ(dataset.examples[0].answers[0].text, expected.text_pair);
    EXPECT_EQ(dataset.some_have_no_answer(), expected.label != 0);
  }
}

std::string squad(const std::string& question, const std::string& more) {
  return R"({"version": "x", "data": [{"title": "t", "paragraphs": [{"context": "a great film", "qas": [
    {"id": "1", "question": ")" +
         question + R"(", "answers": [{"text": "great", "answer_start": 2}])" + more + "}]}]}";
}

INSTANTIATE_TEST_SUITE_P(
    Tasks, PublishedQuestions,
    ::testing::Values(
        PublishedTask{
            "squad",
            {{"train-v1.1.json", squad("what is it?", "}]")}, {"dev-v1.1.json", squad("and this?", "}]")}},
            {{Split::train, "what is it?", "great", 0, 1}, {Split::dev, "and this?", "great", 0, 1}}},
        PublishedTask{
            "squad_v2",
            {{"train-v2.0.json",
              squad("what is it?", R"(, "is_impossible": false}, {"id": "2", "question": "who?",
               "answers": [], "is_impossible": true, "plausible_answers": []}])")},
             {"dev-v2.0.json", squad("and this?", R"(, "is_impossible": false}])")}},
            {{Split::train, "what is it?", "great", 1, 2}, {Split::dev, "and this?", "great", 0, 1}}}),
    [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace transkimmer::test
