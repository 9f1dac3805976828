// What a server, a network or a disk can do wrong, and what comes of it.
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "hub/online/fetch_fixture.h"

namespace transkimmer::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

bool is_content(const StandInRequest& request) {
  return request.path.find("/stored/") != std::string::npos;
}

class Faults : public FetchFixture {
 protected:
  void TearDown() override {
    // Whatever happened, the next fetch mends it.
    hub_.disturb({});
    expect_sound_cache();
    expect_whole(fetch());
    expect_sound_cache();
  }
};

class CutAt : public Faults, public ::testing::WithParamInterface<std::size_t> {};

TEST_P(CutAt, GoesOnFromThere) {
  std::atomic<int> cuts = 0;
  hub_.disturb([&](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request) && request.method == "GET" && cuts++ == 0) answer.cut_after = GetParam();
  });
  const FetchedModel fetched = fetch();
  expect_whole(fetched);
  EXPECT_EQ(fetched.bytes, 300'034) << "no byte came twice";
}

INSTANTIATE_TEST_SUITE_P(Bytes, CutAt, ::testing::Values(0, 1, 16383, 16384, 16385, 150'000, 299'999));

TEST_F(Faults, AConnectionThatOftenBreaksGetsThere) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request)) answer.cut_after = 40'000;
  });
  expect_whole(fetch());
}

TEST_F(Faults, WhatAnEarlierRunLeftIsGoneOnWith) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request)) answer.cut_after = request.header("range").empty() ? 100'000 : 0;
  });
  EXPECT_THAT(failure(), HasSubstr("localhost"));
  hub_.disturb({});
  const FetchedModel fetched = fetch();
  expect_whole(fetched);
  EXPECT_EQ(fetched.bytes, 200'000);
}

TEST_F(Faults, WhatAnEarlierRunLeftMayBeWrong) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (!is_content(request)) return;
    answer.cut_after = request.header("range").empty() ? 100'000 : 0;
    answer.body[10] ^= 1;
  });
  failure();
  hub_.disturb({});
  expect_whole(fetch());
}

TEST_F(Faults, AServerWithoutRangesBeginsAgain) {
  std::atomic<int> cuts = 0;
  hub_.disturb([&](const StandInRequest& request, StandInAnswer& answer) {
    if (!is_content(request)) return;
    answer = {.body = model_.files.at("model.safetensors")};
    if (cuts++ == 0) answer.cut_after = 100'000;
  });
  expect_whole(fetch());
}

TEST_F(Faults, OtherBytesThanStatedAreNotKept) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request)) answer.body[1234] ^= 1;
  });
  EXPECT_THAT(failure(), AllOf(HasSubstr("'model.safetensors'"), HasSubstr("another hash")));
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request)) answer.body += "more";
  });
  EXPECT_THAT(failure(), HasSubstr("longer than the 300000 bytes"));
}

TEST_F(Faults, SettingsAreCheckedByGitsHash) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (request.method == "GET" && request.path.ends_with("/config.json")) answer.body[2] ^= 1;
  });
  EXPECT_THAT(failure(), AllOf(HasSubstr("'config.json'"), HasSubstr("another hash")));
}

class PassingStatus : public Faults, public ::testing::WithParamInterface<int> {};

TEST_P(PassingStatus, IsWaitedFor) {
  settings_.attempts = 5;  // a content takes two answers
  std::mutex mutex;
  std::map<std::string, int> count;
  hub_.disturb([&](const StandInRequest& request, StandInAnswer& answer) {
    const std::lock_guard lock(mutex);
    if (count[request.method + request.path]++ < 2)
      answer = {.status = GetParam(), .headers = {{"Retry-After", "0"}}};
  });
  expect_whole(fetch());
}

TEST_P(PassingStatus, IsToldWhenItDoesNotPass) {
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) { answer = {.status = GetParam()}; });
  EXPECT_THAT(failure(), HasSubstr(std::to_string(GetParam())));
  EXPECT_EQ(hub_.requests().size(), 3);
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request)) answer = {.status = GetParam()};
  });
  EXPECT_THAT(failure(), HasSubstr(std::to_string(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(All, PassingStatus, ::testing::Values(429, 500, 502, 503, 504));

TEST_F(Faults, ServersSayHowLongToWait) {
  std::atomic<int> count = 0;
  hub_.disturb([&](const StandInRequest&, StandInAnswer& answer) {
    if (count++ == 0) answer = {.status = 429, .headers = {{"Retry-After", "1"}}};
  });
  const auto before = std::chrono::steady_clock::now();
  fetch();
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(950));
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) {
    answer = {.status = 429, .headers = {{"Retry-After", "3600"}}};
  });
  EXPECT_THAT(failure(), HasSubstr("asks to wait 3600 s"));
}

TEST_F(Faults, ASilentServerIsNotWaitedForForEver) {
  settings_.answer_timeout = std::chrono::seconds(1);
  settings_.listing_attempts = 1;
  hub_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer.delay = std::chrono::milliseconds(3000); });
  EXPECT_THAT(failure(), HasSubstr("too slow"));
}

TEST_F(Faults, NoServerIsTold) {
  std::string address;
  { address = HubStandIn().address(); }
  const std::string endpoint = settings_.endpoint;
  settings_.endpoint = address;
  EXPECT_THAT(failure(), AllOf(HasSubstr(address), HasSubstr("connect")));
  settings_.endpoint = endpoint;
}

TEST_F(Faults, RedirectsInACircleEnd) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    answer = {.status = 302, .headers = {{"Location", request.path}}};
  });
  EXPECT_THAT(failure(), HasSubstr("in a circle"));
}

TEST_F(Faults, RedirectsLeadToHttpAlone) {
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) {
    answer = {.status = 302, .headers = {{"Location", "file:///etc/passwd"}}};
  });
  EXPECT_THAT(failure(), HasSubstr("file:///etc/passwd"));
}

TEST_F(Faults, AWebPageIsNoHub) {
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) {
    answer = {.headers = {{"Content-Type", "text/html"}}, .body = "<html>Please log in</html>"};
  });
  EXPECT_THAT(failure(), HasSubstr("login in a browser"));
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (is_content(request))
      answer = {.headers = {{"Content-Type", "text/html"}}, .body = "<html>Please log in</html>"};
  });
  EXPECT_THAT(failure(), HasSubstr("login in a browser"));
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (request.method == "HEAD") answer = {};
  });
  EXPECT_THAT(failure(), AllOf(HasSubstr("X-Repo-Commit"), HasSubstr("login in a browser")));
}

class BadListing : public Faults, public ::testing::WithParamInterface<std::string> {};

TEST_P(BadListing, IsRefused) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (request.path.starts_with("/api/")) answer = {.body = GetParam()};
  });
  EXPECT_THAT(failure(), HasSubstr("/api/models/org/name/revision/main"));
  EXPECT_FALSE(path_exists(root_ / "escaped"));
}

const std::string kSha = R"("sha": "0123456789abcdef0123456789abcdef01234567")";
INSTANTIATE_TEST_SUITE_P(Bodies, BadListing,
                         ::testing::Values("{", "[]", "{}", R"({"sha": 1})",
                                           R"({"sha": "../../x", "siblings": []})", "{" + kSha + "}",
                                           "{" + kSha + R"(, "siblings": {}})",
                                           "{" + kSha + R"(, "siblings": ["config.json"]})",
                                           "{" + kSha +
                                               R"(, "siblings": [{"rfilename": "../../../../escaped"}]})",
                                           "{" + kSha + R"(, "siblings": [{"rfilename": "/etc/passwd"}]})",
                                           "{" + kSha + R"(, "siblings": [{}]})"));

TEST_F(Faults, AnETagThatLeadsOutIsRefused) {
  hub_.disturb([](const StandInRequest& request, StandInAnswer& answer) {
    if (request.method == "HEAD") answer.headers["X-Linked-Etag"] = "\"../../escaped\"";
  });
  EXPECT_THAT(failure(), HasSubstr("ETag"));
}

struct Refusal {
  int status;
  const char* code;
  const char* told;
};
class Refusals : public Faults, public ::testing::WithParamInterface<Refusal> {};

TEST_P(Refusals, SayWhatToDo) {
  hub_.disturb([](const StandInRequest&, StandInAnswer& answer) {
    answer = {.status = GetParam().status,
              .headers = {{"X-Error-Code", GetParam().code}, {"X-Error-Message", "as I say"}}};
  });
  EXPECT_THAT(failure(),
              AllOf(HasSubstr(GetParam().told), HasSubstr("'org/name'"), HasSubstr("it says: as I say")));
  EXPECT_EQ(hub_.requests().size(), 1) << "asking again is of no use";
}

INSTANTIATE_TEST_SUITE_P(All, Refusals,
                         ::testing::Values(Refusal{401, "RepoNotFound", "set HF_TOKEN"},
                                           Refusal{401, "GatedRepo", "accept its terms"},
                                           Refusal{403, "GatedRepo", "ask for access"},
                                           Refusal{404, "RepoNotFound", "there is no model"},
                                           Refusal{404, "RevisionNotFound", "has no revision 'main'"}));

TEST_F(Faults, ATokenIsShownToTheHubAlone) {
  settings_.token = "hf_secret";
  expect_whole(fetch());
  EXPECT_GE(hub_.count("GET", "/stored/" + model_.commit + "/model.safetensors"), 1);
  for (const StandInRequest& request : hub_.requests())
    EXPECT_EQ(request.header("authorization"), is_content(request) ? "" : "Bearer hf_secret") << request.path;
}

TEST_F(Faults, AFullDiskIsToldAndLeavesTheCacheSound) {
  rlimit before = {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 100'000;
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string told = failure();
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(told, AllOf(HasSubstr("cannot write"), HasSubstr("File too large")));
}

}  // namespace
}  // namespace transkimmer::test
