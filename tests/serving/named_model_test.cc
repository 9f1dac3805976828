#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/cache.h"
#include "hub/environment.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"
#include "transkimmer/classifier.h"

namespace transkimmer::test {
namespace {

const std::string kCommit = "0123456789abcdef0123456789abcdef01234567";

/// A tiny model in the cache of the Hub, which is not asked.
class NamedModel : public ::testing::Test {
 protected:
  NamedModel() {
    write_tiny_model(root_ / "tiny");
    const HubCache cache(root_ / "hub");
    const ModelName name = ModelName::parse("org/tiny").value();
    make_directory(cache.blob(name, "x").parent_path());
    for (const auto& entry : std::filesystem::directory_iterator(root_ / "tiny")) {
      const std::string file = entry.path().filename();
      write_file_atomically(cache.blob(name, file), read_file(entry.path()));
      cache.place(name, kCommit, file, file);
    }
    cache.remember_commit(name, kCommit);
  }

  TemporaryDirectory root_;
  PlainEnvironment plain_{root_.path().string()};
  Variable cache_{"HF_HUB_CACHE", (root_ / "hub").string()};
  Variable offline_{"HF_HUB_OFFLINE", "1"};
};

TEST_F(NamedModel, IsLoadedByTheLibrary) {
  const std::vector<TextInput> texts = {{"a charming journey"}};
  const double expected = Classifier::load(root_ / "tiny").classify(texts)[0].score;
  for (const std::string& name : {std::string("org/tiny"), "org/tiny@" + kCommit})
    EXPECT_EQ(Classifier::load(name).classify(texts)[0].score, expected) << name;
}

TEST_F(NamedModel, ThatIsNotHereIsTold) {
  try {
    Model::load("org/other");
    FAIL() << "nothing was thrown";
  } catch (const IoError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("'org/other' is no folder here"));
  }
}

}  // namespace
}  // namespace transkimmer::test
