// Models by name, as the commands take them, from a stand-in for the Hub.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "hub/environment.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

class CommandsWithNames : public ::testing::Test {
 protected:
  CommandsWithNames() {
    write_tiny_model(root_ / "tiny");
    for (const auto& entry : std::filesystem::directory_iterator(root_ / "tiny"))
      model_.files[entry.path().filename()] = read_file(entry.path());
    hub_.put("org/tiny", model_);
  }

  std::string snapshot() const { return (root_ / "hub/models--org--tiny/snapshots" / kCommit).string(); }

  TemporaryDirectory root_;
  StandInModel model_ = {.commit = kCommit, .revisions = {"main", "v1"}};
  HubStandIn hub_;
  PlainEnvironment plain_{root_.path().string()};
  Variable endpoint_{"HF_ENDPOINT", hub_.address()};
  Variable cache_{"HF_HUB_CACHE", (root_ / "hub").string()};
};

TEST_F(CommandsWithNames, FetchPrintsTheDirectory) {
  const ProcessResult result = transkimmer({"fetch", "org/tiny", "org/tiny@v1"});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_EQ(result.out, snapshot() + "\n" + snapshot() + "\n");
  const auto models = transkimmer({"fetch", "org/tiny", "--json"}).json();
  EXPECT_EQ(models[0]["commit"], kCommit);
  EXPECT_EQ(models[0]["directory"], snapshot());
  EXPECT_EQ(models[0]["fetched_bytes"], 0);
}

TEST_F(CommandsWithNames, FetchTakesNamesAlone) {
  const ProcessResult result = transkimmer({"fetch", "./org/tiny"});
  EXPECT_EQ(result.status, 2);
  EXPECT_THAT(result.err, HasSubstr("expected the name of a model on the Hub"));
  const Variable offline("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(transkimmer({"fetch", "org/tiny"}).status, 2);
}

TEST_F(CommandsWithNames, AnswerAsTheDirectoryDoesAndAfterwardsOffline) {
  const ProcessResult expected =
      transkimmer({"predict", "--model", (root_ / "tiny").string()}, "a charming journey\n");
  ASSERT_EQ(expected.status, 0) << expected.err;
  const ProcessResult online = transkimmer({"predict", "--model", "org/tiny"}, "a charming journey\n");
  EXPECT_EQ(online.status, 0) << online.err;
  EXPECT_EQ(online.out, expected.out);
  EXPECT_THAT(online.err,
              HasSubstr("note: the model is 'org/tiny' from the Hub (revision 'main', commit 0123456)\n"));
  const Variable offline("HF_HUB_OFFLINE", "1");
  const ProcessResult later = transkimmer({"predict", "--model", "org/tiny"}, "a charming journey\n");
  EXPECT_EQ(later.out, expected.out);
  EXPECT_THAT(later.err, HasSubstr("from the cache of the Hub"));
}

TEST_F(CommandsWithNames, FetchNothingForACommandLineThatIsWrong) {
  EXPECT_EQ(transkimmer({"predict", "--model", "org/tiny", "--no-such-option"}).status, 2);
  EXPECT_EQ(hub_.requests().size(), 0);
}

TEST_F(CommandsWithNames, SayWhyANameMeansNothing) {
  const ProcessResult result = transkimmer({"inspect", "--model", "org/tyni", "--json"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.err, AllOf(StartsWith("{\"error\":\""), HasSubstr("'org/tyni' is no folder here"),
                                HasSubstr("there is no model 'org/tyni'")));
}

TEST_F(CommandsWithNames, CacheListsAndPrunes) {
  ASSERT_EQ(transkimmer({"fetch", "org/tiny@v1"}).status, 0);
  const auto listed = transkimmer({"cache", "--json"}).json();
  EXPECT_EQ(listed["models"][0]["model"], "org/tiny");
  EXPECT_EQ(listed["models"][0]["commits"][0]["revisions"][0], "v1");
  EXPECT_THAT(transkimmer({"cache"}).out,
              AllOf(HasSubstr("org/tiny  "), HasSubstr(kCommit), HasSubstr("1 models, ")));
  write_file_atomically(root_ / "hub/models--org--tiny/blobs/left.incomplete", "abc");
  EXPECT_THAT(transkimmer({"cache", "--prune", "--dry-run"}).out,
              HasSubstr("left.incomplete\nwould free 0.0 MB\n"));
  EXPECT_TRUE(path_exists(root_ / "hub/models--org--tiny/blobs/left.incomplete"));
  EXPECT_EQ(transkimmer({"cache", "--prune", "--json"}).json()["bytes"], 3);
  EXPECT_FALSE(path_exists(root_ / "hub/models--org--tiny/blobs/left.incomplete"));
  const Variable offline("HF_HUB_OFFLINE", "1");
  EXPECT_EQ(transkimmer({"inspect", "--model", "org/tiny@v1"}).status, 0);
}

}  // namespace
}  // namespace transkimmer::test
