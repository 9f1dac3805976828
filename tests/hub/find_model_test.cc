#include "hub/find_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/cache.h"
#include "hub/environment.h"
#include "hub/fetch_model.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

/// Without the Hub: what names mean by what is on this machine.
class ModelsByName : public ::testing::Test {
 protected:
  ModelsByName() {
    make_directory(home_ / "work");
    fs::current_path(home_ / "work");
  }
  ~ModelsByName() override { fs::current_path(before_); }

  void cache_model(const std::vector<std::string>& files) {
    const ModelName name = ModelName::parse("org/name").value();
    make_directory(cache_.blob(name, "x").parent_path());
    write_file_atomically(cache_.blob(name, "x"), "{}");
    for (const std::string& file : files) cache_.place(name, kCommit, file, "x");
    cache_.remember_commit(name, kCommit);
  }
  std::string failure_of(const std::string& model) {
    try {
      find_model(model);
    } catch (const IoError& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

  fs::path before_ = fs::current_path();
  TemporaryDirectory home_;
  PlainEnvironment plain_{home_.path().string()};
  Variable offline_{"HF_HUB_OFFLINE", "1"};
  Variable shipped_{"TRANSKIMMER_MODELS", (home_ / "shipped").string()};
  HubCache cache_{home_ / ".cache/huggingface/hub"};
};

TEST_F(ModelsByName, AFolderComesFirst) {
  cache_model({"config.json", "model.safetensors"});
  make_directory("org/name");
  const FoundModel found = find_model("org/name");
  EXPECT_EQ(found.directory, "org/name");
  EXPECT_EQ(found.place, FoundModel::Place::folder);
  EXPECT_EQ(found.description, "");
}

TEST_F(ModelsByName, TheEncoderThatShipsComesBeforeTheHub) {
  make_directory(home_ / "shipped/small");
  const FoundModel found = find_model("small");
  EXPECT_EQ(found.directory, home_ / "shipped/small");
  EXPECT_EQ(found.place, FoundModel::Place::shipped);
  EXPECT_THAT(found.description, HasSubstr("ships"));
}

TEST_F(ModelsByName, TheCacheServesOffline) {
  cache_model({"config.json", "model.safetensors"});
  for (const std::string& name : {std::string("org/name"), "org/name@" + kCommit}) {
    const FoundModel found = find_model(name);
    EXPECT_EQ(found.directory, cache_.snapshot(ModelName::parse(name).value(), kCommit));
    EXPECT_EQ(found.place, FoundModel::Place::cache);
    EXPECT_THAT(found.description, HasSubstr(kCommit.substr(0, 7)));
  }
}

TEST_F(ModelsByName, PathsNeverGoOnline) {
  const Variable online("HF_HUB_OFFLINE", "0");
  const Variable nowhere("HF_ENDPOINT", "not an address: asking it would throw");
  for (const char* const path : {"./org/name", "../org", "/org/name", ".", "a/b/c", "", "with space"})
    EXPECT_EQ(find_model(path).directory, path);
}

TEST_F(ModelsByName, TheEncoderThatShipsIsNobodyElses) {
  const Variable online("HF_HUB_OFFLINE", "0");
  const Variable nowhere("HF_ENDPOINT", "not an address: asking it would throw");
  EXPECT_NE(find_model(kShippedEncoder).place, FoundModel::Place::hub);
}

TEST_F(ModelsByName, AHalfFetchedModelIsNone) {
  cache_model({"config.json"});
  EXPECT_THAT(failure_of("org/name"), HasSubstr("only a part of it (no model.safetensors)"));
  cache_.note_absent(ModelName::parse("org/name").value(), kCommit, "model.safetensors");
  EXPECT_EQ(find_model("org/name").place, FoundModel::Place::cache) << "it never had weights";
}

TEST_F(ModelsByName, ABuildWithoutTheHubSaysHowToGetThem) {
  if (can_fetch()) GTEST_SKIP() << "this build asks the Hub";
  const Variable online("HF_HUB_OFFLINE", "0");
  try {
    find_model("org/name@v1");
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("hf download org/name --revision v1"));
  }
  cache_model({"config.json", "model.safetensors"});
  EXPECT_EQ(find_model("org/name").place, FoundModel::Place::cache);
}

TEST_F(ModelsByName, AnUnknownNameIsToldWithAllThatWasTried) {
  EXPECT_THAT(failure_of("org/nmae"),
              ::testing::AllOf(HasSubstr("'org/nmae' is no folder here"), HasSubstr("HF_HUB_OFFLINE is set"),
                               HasSubstr((home_ / ".cache/huggingface/hub").string())));
  cache_model({"config.json", "model.safetensors"});
  EXPECT_THAT(failure_of("org/name@v2"), HasSubstr("none of it"));
}

}  // namespace
}  // namespace transkimmer::test
