// Data by the name of its task, as the commands take it, from a stand-in for the hosts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "datasets/tasks.h"
#include "hub/cache/data_cache.h"
#include "hub/environment.h"
#include "hub/online/archives.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class DataByName : public ::testing::Test {
 protected:
  DataByName() {
    write_tiny_model(root_ / "tiny");
    host_.put_file(
        "/reviews.zip",
        archive_of(ArchiveKind::zip,
                   {{.path = "films/train.csv", .content = "text,label\ngood film,positive\nflat,negative\n"},
                    {.path = "films/dev.csv", .content = "text,label\na charming film,positive\n"}}));
    write_file_atomically(root_ / "my.ini",
                          "[reviews]\ndescription = films\nlabels = negative, positive\nfolders = films\n"
                          "train = train.csv\ndev = dev.csv\nfetch = " +
                              host_.address() + "/reviews.zip\n");
  }

  ProcessResult with_reviews(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--task", "reviews", "--task-file", (root_ / "my.ini").string()});
    return transkimmer(arguments);
  }
  std::string model() const { return (root_ / "tiny").string(); }

  TemporaryDirectory root_;
  HubStandIn host_;
  PlainEnvironment plain_{root_.path().string()};
  Variable endpoint_{"HF_ENDPOINT", host_.address()};
  Variable home_{"HF_HOME", (root_ / "hf").string()};
  std::string data_ = (root_ / "hf/transkimmer/datasets").string();
};

TEST_F(DataByName, IsFetchedAloneAndListed) {
  const ProcessResult result = with_reviews({"fetch"});
  EXPECT_EQ(result.status, 0) << result.err;
  ASSERT_EQ(result.out_lines().size(), 1);
  const std::string folder = result.out_lines()[0];
  EXPECT_THAT(folder, StartsWith(data_ + "/reviews-"));
  EXPECT_EQ(read_file(folder + "/films/dev.csv"), "text,label\na charming film,positive\n");
  const auto fetched = with_reviews({"fetch", "--json"}).json();
  EXPECT_EQ(fetched[0]["task"], "reviews");
  EXPECT_EQ(fetched[0]["directory"], folder);
  EXPECT_EQ(fetched[0]["fetched_bytes"], 0);
  EXPECT_THAT(transkimmer({"cache"}).out,
              AllOf(HasSubstr("reviews  2 files, 0.0 MB  reviews-"), HasSubstr("data of 1 tasks, ")));
  const auto listed = transkimmer({"cache", "--json"}).json();
  EXPECT_EQ(listed["data_cache"], data_);
  EXPECT_EQ(listed["data"][0]["task"], "reviews");
  EXPECT_EQ(listed["data"][0]["files"], 2);
}

TEST_F(DataByName, IsEvaluatedAsItsFolderIsAndAfterwardsOffline) {
  const ProcessResult online = with_reviews({"evaluate", "--model", model(), "--json"});
  EXPECT_EQ(online.status, 0) << online.err;
  EXPECT_EQ(online.json()["task"], "reviews");
  EXPECT_EQ(online.json()["examples"], 1);
  EXPECT_THAT(online.err, HasSubstr("note: the data of the task 'reviews' is fetched, and now in " + data_));
  const Variable offline("HF_HUB_OFFLINE", "1");
  const ProcessResult later = with_reviews({"evaluate", "--model", model(), "--json", "--split", "train"});
  EXPECT_EQ(later.status, 0) << later.err;
  EXPECT_EQ(later.json()["examples"], 2);
  EXPECT_THAT(later.err, HasSubstr("is that of the cache, in " + data_));
  EXPECT_EQ(with_reviews({"sweep", "--model", model(), "--rounds", "1", "--json"}).status, 0);
}

TEST_F(DataByName, IsThatOfTheCatalogueToo) {
  const Task task = find_task("sst2");
  const auto folder = DataCache(data_).folder("sst2", task.source) / "SST-2";
  make_directory(folder);
  write_file_atomically(folder / "dev.tsv", "sentence\tlabel\na charming film\t1\nflat\t0\n");
  const Variable offline("HF_HUB_OFFLINE", "1");
  const ProcessResult result = transkimmer({"evaluate", "--model", model(), "--task", "sst2", "--json"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.json()["examples"], 2);
}

TEST_F(DataByName, SaysWhatIsMissingOffline) {
  const Variable offline("HF_HUB_OFFLINE", "1");
  const ProcessResult result = transkimmer({"evaluate", "--model", model(), "--task", "sst2"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("the data of the task 'sst2' ('SST-2.zip') is not in the cache"),
                                HasSubstr("HF_HUB_OFFLINE"), HasSubstr("--data-dir")));
  EXPECT_EQ(transkimmer({"fetch", "--task", "sst2"}).status, 2);
}

TEST_F(DataByName, IsWhatItsAuthorsPublish) {
  host_.put_file("/mirror/SST-2.zip",
                 archive_of(ArchiveKind::zip, {{.path = "SST-2/dev.tsv", .content = "x"}}));
  const ProcessResult result =
      transkimmer({"fetch", "--task", "sst2", "--mirror", host_.address() + "/mirror"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("'SST-2.zip' cannot be fetched"), HasSubstr("7439277 are stated")));
  EXPECT_EQ(result.out, "");
}

TEST_F(DataByName, IsWholeAfterAFetchThatWasKilled) {
  std::string noise;
  for (std::uint32_t i = 1; noise.size() < 1'000'000; i = i * 1664525 + 1013904223)
    noise += static_cast<char>(i >> 24);
  host_.put_file("/reviews.zip", archive_of(ArchiveKind::zip, {{.path = "films/train.csv", .content = noise},
                                                               {.path = "films/dev.csv", .content = "x"}}));
  host_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer.pause = std::chrono::milliseconds(10); });
  const Task task = find_task("reviews", root_ / "my.ini");
  const DataCache cache(data_);
  const std::vector<std::string> fetch = {"fetch", "--task", "reviews", "--task-file",
                                          (root_ / "my.ini").string()};
  const std::filesystem::path incomplete = cache.downloads("reviews", task.source) / "reviews.zip.incomplete";
  for (const std::filesystem::path& moment : {incomplete, cache.unpacking("reviews", task.source)})
    run_process(TRANSKIMMER_PROGRAM, fetch,
                {.input = {}, .output_path = {}, .path_variable = {}, .kill_at = moment.string()});
  host_.disturb({});
  const ProcessResult result = transkimmer(fetch);
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(transkimmer({"cache", "--prune"}).status, 0);
  EXPECT_TRUE(read_file(cache.folder("reviews", task.source) / "films/train.csv") == noise);
  EXPECT_TRUE(path_exists(cache.folder("reviews", task.source) / "films/dev.csv"));
}

TEST_F(DataByName, SaysWhereItComesFrom) {
  const ProcessResult result = transkimmer({"fetch", "--task", "sst2", "--task", "mrpc", "--info"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("sst2  GLUE SST-2"), HasSubstr("  SST-2.zip  7.4 MB\n    https://"),
                    HasSubstr("SHA-256 d67e16fb55739c1b32cdce9877596db1c127dc322d93c082281f64057c16deaa"),
                    HasSubstr("mrpc_dev_ids.tsv"), HasSubstr("  licence: "), HasSubstr("  citation: Socher"),
                    HasSubstr("not fetched; goes to " + data_ + "/sst2-")));
  EXPECT_THAT(with_reviews({"fetch", "--info"}).out, AllOf(HasSubstr("reviews.zip  size not known"),
                                                           HasSubstr("unpinned"), HasSubstr("not stated")));
  const auto described = transkimmer({"fetch", "--task", "20news", "--info", "--json"}).json();
  EXPECT_EQ(described[0]["files"][0]["name"], "20news-bydate.tar.gz");
  EXPECT_EQ(described[0]["files"][0]["addresses"].size(), 2);
  EXPECT_EQ(described[0]["fetched"], false);
  EXPECT_EQ(host_.requests().size(), 0) << "nothing is fetched";
}

TEST_F(DataByName, IsNotFetchedForACommandLineThatIsWrong) {
  EXPECT_THAT(transkimmer({"fetch"}).err, HasSubstr("say what to fetch"));
  EXPECT_THAT(transkimmer({"fetch", "org/name", "--mirror", "http://m"}).err,
              HasSubstr("--mirror goes with --task"));
  EXPECT_EQ(transkimmer({"fetch", "--task", "sst3"}).status, 2);
  for (const char* const command : {"evaluate", "sweep"}) {
    const auto run = [&](std::vector<std::string> more) {
      more.insert(more.begin(), {command, "--model", "org/name"});
      const ProcessResult result = transkimmer(more);
      EXPECT_EQ(result.status, 2) << result.err;
      return result.err;
    };
    EXPECT_THAT(run({}), HasSubstr("give either --task"));
    EXPECT_THAT(run({"--task", "sst3"}), HasSubstr("unknown task 'sst3'"));
    EXPECT_THAT(run({"--task", "sst2", "--split", "final"}), HasSubstr("unknown split 'final'"));
    EXPECT_THAT(run({"--tsk", "sst2"}), HasSubstr("unknown option '--tsk'; did you mean '--task'?"));
  }
  EXPECT_EQ(host_.requests().size(), 0) << "neither models nor data are asked for";
}

}  // namespace
}  // namespace transkimmer::test
