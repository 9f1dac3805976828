// Data sets on their way from a stand-in for their hosts into the cache.
#include "hub/online/data_fetch.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files/file.h"
#include "hub/cache/data_cache.h"
#include "hub/cache/folder_contents.h"
#include "hub/environment.h"
#include "hub/online/archives.h"
#include "hub/online/content_hash.h"
#include "hub/online/hub_stand_in.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string sha256_of(const std::string& bytes) {
  ContentHash hash(HashKind::sha256, bytes.size());
  hash.add(bytes);
  return hash.finish();
}

std::string noise(std::size_t size) {
  std::string bytes;
  for (std::uint32_t i = 1; bytes.size() < size; i = i * 1664525 + 1013904223)
    bytes += static_cast<char>(i >> 24);
  return bytes;
}

class DataFetches : public ::testing::Test {
 protected:
  DataFetches() { publish(archive_); }

  /// The archive, of which the source states size and hash.
  void publish(const std::string& bytes) {
    host_.put_file("/a/data.tar.gz", bytes);
    PublishedFile& file = request_.source.files[0];
    file.size = bytes.size();
    file.sha256 = sha256_of(bytes);
  }
  FoundData fetch() { return find_data(request_, settings_, observer_); }
  std::string failure() {
    try {
      fetch();
    } catch (const Error& error) {
      EXPECT_FALSE(directory_exists(folder())) << "something is half there";
      EXPECT_THAT(entries_of(settings_.data / ".unpacking"), ::testing::IsEmpty());
      return error.what();
    }
    return "nothing was thrown";
  }
  std::filesystem::path folder() const {
    return DataCache(settings_.data).folder(request_.name, request_.source);
  }
  void expect_whole(const FoundData& found) const {
    EXPECT_EQ(found.directory, folder());
    EXPECT_TRUE(read_file(found.directory / "train/big.txt") == big_);
    EXPECT_EQ(read_file(found.directory / "readme.txt"), "read me");
    EXPECT_EQ(files_below(found.directory).size(), 2);
    EXPECT_FALSE(path_exists(settings_.data / ".downloads/task")) << "the archive is of no more use";
  }

  Variable no_proxy_{"no_proxy", "127.0.0.1,localhost"};
  TemporaryDirectory root_;
  HubStandIn host_;
  std::string big_ = noise(300'000);
  std::string archive_ = archive_of(ArchiveKind::tar_gz, {{.path = "train/big.txt", .content = big_},
                                                          {.path = "readme.txt", .content = "read me"}});
  DataRequest request_ = {
      .name = "task",
      .source = {.files = {{.name = "data.tar.gz", .addresses = {host_.address() + "/a/data.tar.gz"}}}}};
  HubSettings settings_ = {.endpoint = host_.address(),
                           .cache = root_ / "hub",
                           .data = root_ / "data",
                           .token = "hf_secret",
                           .answer_timeout = std::chrono::seconds(5),
                           .download_timeout = std::chrono::seconds(5),
                           .attempts = 3,
                           .first_pause = std::chrono::milliseconds(1)};
  FetchObserver observer_;
};

TEST_F(DataFetches, BringWhatTheArchiveHolds) {
  const FoundData found = fetch();
  EXPECT_TRUE(found.fetched);
  EXPECT_EQ(found.bytes, archive_.size());
  expect_whole(found);
}

TEST_F(DataFetches, HappenOnce) {
  fetch();
  const std::size_t asked = host_.requests().size();
  settings_.offline = true;
  const FoundData again = fetch();
  EXPECT_FALSE(again.fetched);
  expect_whole(again);
  EXPECT_EQ(host_.requests().size(), asked);
}

TEST_F(DataFetches, BringFilesThatAreNoArchivesAsTheyAre) {
  host_.put_file("/a/train-v1.1.json", "{}");
  request_.source.files.push_back(
      {.name = "train.json", .addresses = {host_.address() + "/a/train-v1.1.json?alt=media"}});
  EXPECT_EQ(read_file(fetch().directory / "train.json"), "{}");
}

class DataCutAt : public DataFetches, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(DataCutAt, GoesOnFromThere) {
  std::atomic<int> cuts = 0;
  host_.disturb([&](const StandInRequest&, StandInAnswer& answer) {
    if (cuts++ == 0) answer.cut_after = GetParam();
  });
  const FoundData found = fetch();
  expect_whole(found);
  EXPECT_EQ(found.bytes, archive_.size()) << "no byte came twice";
}

TEST_P(DataCutAt, GoesOnFromThereWhereNobodyStatesTheSize) {
  request_.source.files[0].size = 0;
  request_.source.files[0].sha256.clear();
  std::atomic<int> cuts = 0;
  host_.disturb([&](const StandInRequest&, StandInAnswer& answer) {
    if (cuts++ == 0) answer.cut_after = GetParam();
  });
  expect_whole(fetch());
}
INSTANTIATE_TEST_SUITE_P(Bytes, DataCutAt, ::testing::Values(0, 1, 16384, 100'000));

TEST_F(DataFetches, GoOnWithWhatAnEarlierRunLeft) {
  host_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    answer.cut_after = request.header("range").empty() ? 100'000 : 0;
  });
  EXPECT_THAT(failure(), HasSubstr("127.0.0.1"));
  host_.disturb({});
  const FoundData found = fetch();
  EXPECT_EQ(found.bytes, archive_.size() - 100'000);
  expect_whole(found);
}

TEST_F(DataFetches, DoNotGoOnWithWhatNothingSaysIsTheSame) {
  request_.source.files[0].size = 0;
  request_.source.files[0].sha256.clear();
  host_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    answer.cut_after = request.header("range").empty() ? 100'000 : 0;
    answer.body[10] ^= 1;
  });
  failure();
  host_.disturb({});
  expect_whole(fetch());
}

TEST_F(DataFetches, KeepNoOtherBytesThanStated) {
  host_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer.body[1234] ^= 1; });
  EXPECT_THAT(failure(),
              AllOf(HasSubstr("'data.tar.gz'"), HasSubstr("another hash"), HasSubstr("--data-dir")));
  host_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer.body += "more"; });
  EXPECT_THAT(failure(), HasSubstr("longer than the"));
  host_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer.body.resize(1000); });
  EXPECT_THAT(failure(), HasSubstr("has 1000 bytes of it"));
  host_.disturb({});
  expect_whole(fetch());
}

TEST_F(DataFetches, TryOnePlaceAfterTheOther) {
  request_.source.files[0].addresses = {host_.address() + "/gone/data.tar.gz",
                                        host_.address() + "/b/data.tar.gz",
                                        host_.address() + "/a/data.tar.gz"};
  host_.put_file("/b/data.tar.gz", noise(archive_.size()));
  expect_whole(fetch());
  EXPECT_EQ(host_.count("GET", "/b/data.tar.gz"), 1);
}

TEST_F(DataFetches, TellOfAllPlacesThatFailed) {
  request_.source.files[0].addresses = {host_.address() + "/gone/data.tar.gz",
                                        host_.address() + "/b/data.tar.gz"};
  host_.put_file("/b/data.tar.gz", noise(archive_.size()));
  EXPECT_THAT(failure(), AllOf(HasSubstr("the data of the task 'task'"),
                               HasSubstr("/gone/data.tar.gz: there is no such file (HTTP status 404)"),
                               HasSubstr("another hash"), HasSubstr("--mirror")));
}

class PassingDataStatus : public DataFetches, public ::testing::WithParamInterface<int> {};

TEST_P(PassingDataStatus, IsWaitedFor) {
  std::atomic<int> count = 0;
  host_.disturb([&](const StandInRequest&, StandInAnswer& answer) {
    if (count++ < 2) answer = {.status = GetParam(), .headers = {{"Retry-After", "0"}}};
  });
  expect_whole(fetch());
}

TEST_P(PassingDataStatus, IsToldWhenItDoesNotPass) {
  host_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer = {.status = GetParam()}; });
  EXPECT_THAT(failure(), HasSubstr(std::to_string(GetParam())));
  EXPECT_EQ(host_.requests().size(), 3);
}
INSTANTIATE_TEST_SUITE_P(All, PassingDataStatus, ::testing::Values(429, 500, 503));

TEST_F(DataFetches, TellAWebPageFromData) {
  host_.disturb([](const StandInRequest&, StandInAnswer& answer) {
    answer = {.headers = {{"Content-Type", "text/html"}}, .body = "<html>Please log in</html>"};
  });
  EXPECT_THAT(failure(), HasSubstr("login in a browser"));
  request_.source.files[0].size = 0;
  request_.source.files[0].sha256.clear();
  host_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer = {.body = "<html>Please log in</html>"}; });
  EXPECT_THAT(failure(), HasSubstr("no zip or tar archive"));
  host_.disturb({});
  expect_whole(fetch());
}

TEST_F(DataFetches, ShowNobodyTheTokenOfTheHub) {
  settings_.endpoint = "http://hub.example";
  fetch();
  for (const StandInRequest& request : host_.requests()) EXPECT_EQ(request.header("authorization"), "");
}

struct BadArchive {
  const char* name;
  ArchiveEntry entry;
  const char* told;
};
class BadArchives : public DataFetches, public ::testing::WithParamInterface<BadArchive> {};

TEST_P(BadArchives, AreNotUnpacked) {
  publish(archive_of(ArchiveKind::tar_gz, {{.path = "good", .content = "good"}, GetParam().entry}));
  EXPECT_THAT(failure(), HasSubstr(GetParam().told));
  EXPECT_FALSE(path_exists(root_ / "escaped") || path_exists(settings_.data / "escaped"));
  publish(archive_);
  expect_whole(fetch());
}
INSTANTIATE_TEST_SUITE_P(
    All, BadArchives,
    ::testing::Values(
        BadArchive{"Above", {.path = "../../escaped", .content = "x"}, "leads out of its folder"},
        BadArchive{"Absolute", {.path = "/escaped", .content = "x"}, "leads out of its folder"},
        BadArchive{"Link", {.path = "link", .link = "/etc"}, "is a link"}),
    [](const auto& tested) { return tested.param.name; });

TEST_F(DataFetches, FetchATruncatedArchiveAnew) {
  publish(archive_.substr(0, archive_.size() / 2));
  EXPECT_THAT(failure(), HasSubstr("cut short"));
  publish(archive_);
  expect_whole(fetch());
}

TEST_F(DataFetches, TakeAMirrorInPlaceOfTheHosts) {
  request_.source.files[0].addresses = {"http://127.0.0.1:1/nobody/listens"};
  EXPECT_THAT(failure(), HasSubstr("127.0.0.1:1"));
  host_.put_file("/mirror/data.tar.gz", archive_);
  request_.mirror = host_.address() + "/mirror/";
  expect_whole(fetch());
  request_.mirror = "mirror.example";
  request_.name = "other";
  EXPECT_THAT(failure(), HasSubstr("--mirror: "));
}

TEST_F(DataFetches, AtTheSameTimeWaitForEachOther) {
  host_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer.pause = std::chrono::milliseconds(5); });
  std::vector<FoundData> found(3);
  std::vector<std::thread> threads;
  for (FoundData& one : found) threads.emplace_back([&] { one = fetch(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const FoundData& one) { return one.fetched; }), 1);
  EXPECT_EQ(host_.requests().size(), 1);
  for (const FoundData& one : found) expect_whole(one);
}

TEST_F(DataFetches, MendWhatAKilledProcessLeft) {
  const DataCache cache(settings_.data);
  const auto unpacking = cache.unpacking(request_.name, request_.source);
  make_directory(unpacking / "train");
  write_file_atomically(unpacking / "train/half.txt", "ha");
  make_directory(cache.downloads(request_.name, request_.source));
  write_file_atomically(cache.downloads(request_.name, request_.source) / "data.tar.gz.incomplete",
                        noise(999));
  expect_whole(fetch());
}

TEST_F(DataFetches, TellHowFarTheyAre) {
  std::uint64_t last = 0, total = 0;
  observer_.progress = [&](std::uint64_t done, std::uint64_t all) {
    EXPECT_GE(done, last);
    last = done;
    total = all;
  };
  fetch();
  EXPECT_EQ(last, archive_.size());
  EXPECT_EQ(total, archive_.size());
}

}  // namespace
}  // namespace transkimmer::test
