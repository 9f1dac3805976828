// A fetch that is killed, and two processes that fetch the same.
#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hub/environment.h"
#include "hub/find_model.h"
#include "hub/online/fetch_fixture.h"

namespace transkimmer::test {
namespace {

class OtherProcesses : public FetchFixture {
 protected:
  pid_t begin_fetch() {
    std::string program = TRANSKIMMER_FETCH_ONCE;
    std::string name = "org/name";
    const std::array<char*, 3> arguments = {program.data(), name.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    ::posix_spawn_file_actions_init(&quiet);
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&quiet, stream, "/dev/null", O_WRONLY, 0);
    pid_t process = -1;
    EXPECT_EQ(::posix_spawn(&process, program.c_str(), &quiet, nullptr, arguments.data(), environ), 0);
    ::posix_spawn_file_actions_destroy(&quiet);
    return process;
  }
  int end_of(pid_t process) {
    int status = 0;
    ::waitpid(process, &status, 0);
    return status;
  }

  PlainEnvironment plain_{root_.path().string()};
  Variable endpoint_{"HF_ENDPOINT", hub_.address()};
  Variable cache_{"HF_HUB_CACHE", settings_.cache.string()};
};

TEST_F(OtherProcesses, KilledAtAnyMomentLeaveACacheThatTheNextCompletes) {
  const auto slow = [](const StandInRequest&, StandInAnswer& answer) {
    answer.pause = std::chrono::milliseconds(1);
  };
  hub_.disturb(slow);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(end_of(begin_fetch()), 0);
  const auto whole =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  remove_recursively(settings_.cache);
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same moments in each run
  int killed_midway = 0;
  for (int i = 0; i < 50; ++i) {
    hub_.disturb(slow);
    const pid_t process = begin_fetch();
    std::this_thread::sleep_for(std::chrono::microseconds(random() % static_cast<unsigned>(whole.count())));
    ::kill(process, SIGKILL);
    if (WIFSIGNALED(end_of(process)) && path_exists(settings_.cache)) ++killed_midway;
    expect_sound_cache();
    {
      const Variable offline("HF_HUB_OFFLINE", "1");
      try {  // what looks whole is whole
        expect_whole({find_model("org/name").directory, model_.commit});
      } catch (const IoError&) {
      }
    }
    hub_.disturb({});
    expect_whole(fetch());
    expect_sound_cache();
    remove_recursively(settings_.cache);
  }
  EXPECT_GT(killed_midway, 0);
}

TEST_F(OtherProcesses, FetchTheSameModelTogether) {
  hub_.disturb(
      [](const StandInRequest&, StandInAnswer& answer) { answer.pause = std::chrono::milliseconds(5); });
  const pid_t first = begin_fetch();
  const pid_t second = begin_fetch();
  EXPECT_EQ(end_of(first), 0);
  EXPECT_EQ(end_of(second), 0);
  EXPECT_EQ(hub_.count("GET", "/model.safetensors"), 2) << "the content came once, by one redirect";
  expect_sound_cache();
  hub_.disturb({});
  EXPECT_EQ(fetch().bytes, 0);
}

}  // namespace
}  // namespace transkimmer::test
