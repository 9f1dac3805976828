#include "hub/online/model_fetch.h"

#include <thread>

#include <gmock/gmock.h>

#include "hub/environment.h"
#include "hub/find_model.h"
#include "hub/online/fetch_fixture.h"

namespace transkimmer::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

using ModelFetches = FetchFixture;

TEST_F(ModelFetches, BringWhatIsReadAndNothingElse) {
  const FetchedModel fetched = fetch();
  expect_whole(fetched);
  EXPECT_EQ(fetched.commit, model_.commit);
  EXPECT_EQ(fetched.directory, settings_.cache / "models--org--name/snapshots" / model_.commit);
  EXPECT_FALSE(path_exists(fetched.directory / "README.md"));
  EXPECT_EQ(read_file(settings_.cache / "models--org--name/refs/main"), model_.commit);
  EXPECT_TRUE(
      path_exists(settings_.cache / "models--org--name/.no_exist" / model_.commit / "tokenizer.json"));
  EXPECT_EQ(fs::read_symlink(fetched.directory / "model.safetensors"),
            "../../blobs/" + stand_in_etag("model.safetensors", model_.files.at("model.safetensors")));
  expect_sound_cache();
}

TEST_F(ModelFetches, BringNothingTwice) {
  const FetchedModel first = fetch();
  EXPECT_EQ(first.bytes, 300'000 + 22 + 12);
  const std::size_t before = hub_.requests().size();
  EXPECT_EQ(fetch().bytes, 0);
  EXPECT_EQ(hub_.requests().size(), before + 1) << "the listing alone";
}

TEST_F(ModelFetches, OfANewCommitShareWhatStayed) {
  fetch();
  StandInModel newer = model_;
  newer.commit = "89abcdef0123456789abcdef0123456789abcdef";
  newer.files["config.json"] = "{}";
  hub_.put("org/name", newer);
  const FetchedModel fetched = fetch();
  EXPECT_EQ(fetched.bytes, 2);
  EXPECT_EQ(read_file(fetched.directory / "config.json"), "{}");
  EXPECT_EQ(read_file(settings_.cache / "models--org--name/snapshots" / model_.commit / "config.json"),
            model_.files.at("config.json"));
}

TEST_F(ModelFetches, KnowRevisions) {
  model_.revisions = {"main", "v1", "refs/pr/3"};
  hub_.put("org/name", model_);
  for (const std::string& revision : {std::string("v1"), std::string("refs/pr/3"), model_.commit})
    expect_whole(fetch("org/name@" + revision));
  EXPECT_EQ(read_file(settings_.cache / "models--org--name/refs/refs/pr/3"), model_.commit);
  EXPECT_THAT(failure("org/name@v2"), HasSubstr("'org/name' has no revision 'v2'"));
}

TEST_F(ModelFetches, KnowOldNamesWithoutOrganisation) {
  hub_.put("old-style", model_);
  expect_whole(fetch("old-style"));
}

TEST_F(ModelFetches, FollowAModelThatWasRenamed) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (const std::size_t at = request.path.find("org/old"); at != std::string::npos)
      answer = {.status = 307,
                .headers = {{"Location", std::string(request.path).replace(at, 7, "org/name")}}};
  });
  const FetchedModel fetched = fetch("org/old");
  expect_whole(fetched);
  EXPECT_EQ(fetched.directory, settings_.cache / "models--org--old/snapshots" / model_.commit);
}

TEST_F(ModelFetches, BringShardsAndFolders) {
  model_.files.erase("model.safetensors");
  model_.files["model.safetensors.index.json"] =
      R"({"weight_map": {"a": "a.safetensors", "b": "b.safetensors"}})";
  model_.files["a.safetensors"] = "first";
  model_.files["b.safetensors"] = "second";
  model_.files["modules.json"] =
      R"([{"path": "", "type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"},
          {"path": "2_Dense", "type": "Dense"}])";
  model_.files["1_Pooling/config.json"] = "{}";
  model_.files["2_Dense/config.json"] = "{}";
  model_.files["2_Dense/model.safetensors.index.json"] =
      R"({"weight_map": {"linear.weight": "c.safetensors"}})";
  model_.files["2_Dense/c.safetensors"] = "third";
  hub_.put("org/name", model_);
  const FetchedModel fetched = fetch();
  EXPECT_EQ(read_file(fetched.directory / "b.safetensors"), "second");
  EXPECT_EQ(read_file(fetched.directory / "1_Pooling/config.json"), "{}");
  EXPECT_EQ(read_file(fetched.directory / "2_Dense/c.safetensors"), "third");
}

TEST_F(ModelFetches, CopyWhereLinksCannotBeMade) {
  settings_.links = false;
  const FetchedModel fetched = fetch();
  expect_whole(fetched);
  EXPECT_FALSE(fs::is_symlink(fetched.directory / "model.safetensors"));
}

TEST_F(ModelFetches, TellHowFarTheyAre) {
  std::uint64_t last = 0;
  observer_.progress = [&](std::uint64_t done, std::uint64_t total) {
    EXPECT_GE(done, last);
    EXPECT_LE(done, total);
    last = done;
  };
  fetch();
  EXPECT_EQ(last, 300'034);
}

TEST_F(ModelFetches, OfTwoAtOnceBringEachContentOnce) {
  hub_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer.pause = std::chrono::milliseconds(2); });
  std::thread other([&] { expect_whole(fetch()); });
  expect_whole(fetch());
  other.join();
  EXPECT_EQ(hub_.count("GET", "/stored/" + model_.commit + "/model.safetensors"), 1);
  expect_sound_cache();
}

TEST_F(ModelFetches, NeedAConfiguration) {
  model_.files.erase("config.json");
  hub_.put("org/name", model_);
  EXPECT_THAT(failure(), HasSubstr("'org/name' has no config.json"));
}

TEST_F(ModelFetches, ServeNamesOnlineAndAfterwardsOffline) {
  const PlainEnvironment plain(root_.path().string());
  const Variable endpoint("HF_ENDPOINT", hub_.address());
  const Variable cache("HF_HUB_CACHE", settings_.cache.string());
  const FoundModel online = find_model("org/name");
  EXPECT_EQ(online.place, FoundModel::Place::hub);
  const std::size_t asked = hub_.requests().size();
  const Variable offline("HF_HUB_OFFLINE", "1");
  const FoundModel found = find_model("org/name");
  EXPECT_EQ(found.place, FoundModel::Place::cache);
  EXPECT_EQ(found.directory, online.directory);
  EXPECT_EQ(hub_.requests().size(), asked);
}

TEST_F(ModelFetches, FallBackToTheCacheWhenTheHubFails) {
  const PlainEnvironment plain(root_.path().string());
  const Variable endpoint("HF_ENDPOINT", hub_.address());
  const Variable cache("HF_HUB_CACHE", settings_.cache.string());
  fetch();
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer = {.status = 503}; });
  std::string notice;
  const FoundModel found =
      find_model("org/name", {.notices = [&](const std::string& text) { notice = text; }});
  EXPECT_EQ(found.place, FoundModel::Place::cache);
  EXPECT_THAT(notice, HasSubstr("503"));
  const std::size_t asked = hub_.requests().size();
  EXPECT_EQ(find_model("org/name@" + model_.commit).place, FoundModel::Place::cache);
  EXPECT_EQ(hub_.requests().size(), asked) << "a commit stays what it is";
}

TEST_F(ModelFetches, SayThatANameIsNoFolderEither) {
  const PlainEnvironment plain(root_.path().string());
  const Variable endpoint("HF_ENDPOINT", hub_.address());
  try {
    find_model("no/such");
    FAIL() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("'no/such' is no folder here"),
                                               HasSubstr("there is no model 'no/such', or it is private")));
  }
}

}  // namespace
}  // namespace transkimmer::test
