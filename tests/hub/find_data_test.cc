#include "hub/find_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/data_cache.h"
#include "hub/fetch_model.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class FindData : public ::testing::Test {
 protected:
  template <typename Expected>
  std::string failure() {
    try {
      find_data(request_, settings_);
    } catch (const Expected& error) {
      return error.what();
    }
    return "nothing was thrown";
  }

  TemporaryDirectory root_;
  DataRequest request_ = {.name = "task",
                          .source = {.files = {{.name = "a.zip", .addresses = {"http://127.0.0.1:1/x/a.zip"}},
                                               {.name = "b.json"}}}};
  HubSettings settings_ = {.endpoint = "http://127.0.0.1:1", .cache = root_ / "hub", .data = root_ / "data"};
};

TEST_F(FindData, TakesWhatTheCacheHas) {
  const auto folder = DataCache(settings_.data).folder(request_.name, request_.source);
  make_directory(folder);
  const FoundData found = find_data(request_, settings_);
  EXPECT_EQ(found.directory, folder);
  EXPECT_FALSE(found.fetched);
}

TEST_F(FindData, SaysOfflineWhichFilesAreWantedAndWhatTakesThem) {
  settings_.offline = true;
  EXPECT_THAT(failure<IoError>(), AllOf(HasSubstr("the task 'task' ('a.zip', 'b.json')"),
                                        HasSubstr("HF_HUB_OFFLINE"), HasSubstr(settings_.data.string()),
                                        HasSubstr("http://127.0.0.1:1/x/a.zip"), HasSubstr("--data-dir")));
}

TEST_F(FindData, SaysWhichTasksHaveNoSource) {
  request_.source = {};
  EXPECT_THAT(failure<UsageError>(), AllOf(HasSubstr("does not say where"), HasSubstr("--data-dir")));
}

TEST_F(FindData, SaysInBuildsThatFetchNothingHowToGetIt) {
  if (can_fetch()) GTEST_SKIP() << "this build fetches data";
  EXPECT_THAT(failure<UsageError>(), AllOf(HasSubstr("TRANSKIMMER_HUB=OFF"), HasSubstr("--data-dir"),
                                           HasSubstr("http://127.0.0.1:1/x/a.zip")));
}

}  // namespace
}  // namespace transkimmer::test
