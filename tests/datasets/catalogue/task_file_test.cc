#include "datasets/catalogue/task_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kReviews = R"(# films
[reviews]
description = is the film good?
labels = bad , good
metrics = f1, accuracy
text = review
label = verdict
folders = films, data/films
train = train.csv
test = held-out.jsonl
fetch = https://data.example/x/films.tar.gz http://mirror.example/f?id=3 size=12 as=films.tgz
fetch = glue:RTE.zip sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
licence = CC0
citation = Doe 2024
)";

TEST(TaskFiles, SayAllThatTheCatalogueDoes) {
  const Task task = parse_tasks(kReviews, "my.ini").at(0);
  EXPECT_EQ(task.name, "reviews");
  EXPECT_EQ(task.description, "is the film good?");
  EXPECT_EQ(task.head, HeadKind::classification);
  EXPECT_FALSE(task.pair);
  EXPECT_THAT(task.labels, ElementsAre("bad", "good"));
  EXPECT_THAT(task.metrics, ElementsAre(Metric::f1, Metric::accuracy));
  EXPECT_EQ(task.layout, DataLayout::table);
  EXPECT_EQ(task.columns.text, "review");
  EXPECT_EQ(task.columns.label, "verdict");
  EXPECT_THAT(task.folders, ElementsAre("films", "data/films"));
  EXPECT_EQ(task.file_of(Split::train), "train.csv");
  EXPECT_FALSE(task.has(Split::dev));
  EXPECT_TRUE(task.has(Split::test));
  EXPECT_EQ(task.source.licence, "CC0");
  EXPECT_EQ(task.source.citation, "Doe 2024");
  const std::vector<PublishedFile>& files = task.source.files;
  ASSERT_EQ(files.size(), 2);
  EXPECT_EQ(files[0].name, "films.tgz");
  EXPECT_THAT(files[0].addresses,
              ElementsAre("https://data.example/x/films.tar.gz", "http://mirror.example/f?id=3"));
  EXPECT_EQ(files[0].size, 12);
  EXPECT_EQ(files[0].sha256, "");
  EXPECT_EQ(files[1].name, "RTE.zip");
  EXPECT_THAT(files[1].sha256, StartsWith("0123"));
}

TEST(TaskFiles, HaveUsualValues) {
  const auto tasks = parse_tasks(
      "[a]\r\nlabels = x, y\r\ntext_pair = other\r\ndev = d.tsv\r\n\r\n; numbers\r\n[b]\r\nkind = "
      "regression\r\ntrain = "
      "t.csv\r\n[c]\r\nkind = question_answering\r\ntrain = t.json\r\n",
      "my.ini");
  ASSERT_EQ(tasks.size(), 3);
  EXPECT_TRUE(tasks[0].pair);
  EXPECT_THAT(tasks[0].metrics, ElementsAre(Metric::accuracy));
  EXPECT_EQ(tasks[0].description, "a");
  EXPECT_EQ(tasks[0].columns.text, "text");
  EXPECT_THAT(tasks[1].metrics, ElementsAre(Metric::pearson, Metric::spearman));
  EXPECT_EQ(tasks[2].layout, DataLayout::squad);
  EXPECT_THAT(tasks[2].metrics, ElementsAre(Metric::f1, Metric::exact));
}

struct BadFile {
  const char* text;
  const char* told;
};
class BadTaskFiles : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadTaskFiles, AreToldLineAndKey) {
  try {
    parse_tasks(GetParam().text, "my.ini");
    FAIL() << "nothing was thrown";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), AllOf(StartsWith("my.ini:"), HasSubstr(GetParam().told)));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadTaskFiles,
    ::testing::Values(
        BadFile{"", "has no task"}, BadFile{"\n\ntext = a\n", "my.ini:3: a key stands before the first task"},
        BadFile{"[a]\nx\n", "my.ini:2: found 'x', expected [NAME] or key = value"},
        BadFile{"[a\n", "my.ini:1: found '[a', expected [NAME]"}, BadFile{"[]\n", "expected [NAME]"},
        BadFile{"[../a]\n", "expected [NAME]"}, BadFile{"[.a]\n", "expected [NAME]"},
        BadFile{"[a]\ncolour = red\n", "my.ini:2: unknown key 'colour', expected one of description, kind, "},
        BadFile{"[a]\ntext = x\ntext = y\n", "my.ini:3: key 'text' is there twice"},
        BadFile{"[a]\ntext =\n", "my.ini:2: key 'text' has no value"},
        BadFile{"[a]\nkind = guess\n",
                "'kind' is 'guess', expected one of classification, multi_label, regression"},
        BadFile{"[a]\nlayout = xml\n", "'layout' is 'xml', expected one of table, glue"},
        BadFile{"[a]\nlabels = x, x\n", "names with commas between them, each once"},
        BadFile{"[a]\nlabels = x,\n", "names with commas between them"},
        BadFile{"[a]\ntrain = ../t.csv\n", "expected a path below the folder"},
        BadFile{"[a]\nfolders = b, /c\n", "'folders' has '/c'"},
        BadFile{"\n[a]\ntrain = t.csv\n", "my.ini:2: task a: expected labels = NAME"},
        BadFile{"[a]\nlabels = x, y\n", "task a: expected train = FILE"},
        BadFile{"[a]\nlabels = x, y\ntrain = t.xml\n", "'t.xml' has an unknown extension"},
        BadFile{"[a]\nlabels = x, y\ntrain = t.csv\nmetrics = pearson\n",
                "'pearson' is no metric of this kind, expected some of accuracy, f1, matthews_correlation"},
        BadFile{"[a]\nkind = regression\nlabels = x, y\ntrain = t.csv\n",
                "labels are for kind classification"},
        BadFile{"[a]\nlayout = squad\nlabels = x, y\ntrain = t.json\n", "go together"},
        BadFile{"[a]\nlabel_columns = x, y\nlabels = x, y\ntrain = t.csv\n",
                "label_columns are for kind multi_label"},
        BadFile{"[a]\nfetch = size=3\n", "'fetch' has no address"},
        BadFile{"[a]\nfetch = nobody:x.zip\n", "'fetch' has 'nobody:x.zip', expected https://"},
        BadFile{"[a]\nfetch = file:///x.zip\n", "expected https://"},
        BadFile{"[a]\nfetch = https://a.example/\n", "no name for a file; as=NAME"},
        BadFile{"[a]\nfetch = https://a.example/x as=../y\n", "no name for a file"},
        BadFile{"[a]\nfetch = https://a.example/x size=no\n", "size=no"},
        BadFile{"[a]\nfetch = https://a.example/x sha256=12\n", "is no SHA-256"},
        BadFile{"[a]\nlabels = x, y\ntrain = t.csv\n[a]\n", "my.ini:4: task 'a' is there twice"}));

TEST(TaskFiles, AddToTheCatalogue) {
  const TemporaryDirectory root;
  write_file_atomically(root / "my.ini", kReviews);
  EXPECT_EQ(find_task("reviews", root / "my.ini").columns.label, "verdict");
  EXPECT_EQ(find_task("sst2", root / "my.ini").columns.text, "sentence");
  try {
    find_task("other", root / "my.ini");
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("unknown task 'other', expected one of reviews, cola, "));
  }
  write_file_atomically(root / "my.ini", "[sst2]\nlabels = x, y\ntrain = t.csv\n");
  EXPECT_THROW(find_task("sst2", root / "my.ini"), FormatError) << "that name is taken";
}

TEST(TaskFiles, ReadTablesWithTheColumnsThatTheyName) {
  const TemporaryDirectory root;
  write_file_atomically(root / "my.ini", kReviews);
  make_directory(root / "data/films");
  write_file_atomically(root / "data/films/train.csv",
                        "verdict,review\ngood,a great film\nbad,\"flat, dull\"\n");
  write_file_atomically(root / "data/films/held-out.jsonl", "{\"review\": \"very long\"}\n");
  const Task task = find_task("reviews", root / "my.ini");
  const Dataset train = load_task(task, root.path(), Split::train);
  ASSERT_EQ(train.examples.size(), 2);
  EXPECT_EQ(train.examples[1].text, "flat, dull");
  EXPECT_EQ(train.examples[0].label, 1.0);
  EXPECT_FALSE(load_task(task, root.path(), Split::test).labelled);
  EXPECT_THROW(load_task(task, root.path(), Split::dev), UsageError);
}

TEST(Catalogue, SaysOfEachTaskWhereItComesFrom) {
  for (const Task& task : task_catalogue()) {
    EXPECT_FALSE(task.source.files.empty()) << task.name;
    EXPECT_FALSE(task.source.licence.empty()) << task.name;
    EXPECT_FALSE(task.source.citation.empty()) << task.name;
    EXPECT_TRUE(task.has(Split::train) && task.has(Split::dev)) << task.name;
    for (const PublishedFile& file : task.source.files) {
      EXPECT_FALSE(file.sha256.empty()) << file.name;
      EXPECT_EQ(task.head != HeadKind::question_answering && task.name != "mrpc", is_archive(file.name))
          << file.name;
    }
  }
}

}  // namespace
}  // namespace transkimmer::test
