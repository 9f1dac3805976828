// `transkimmer serve` as a program: its first line, its signals, its options and their variables.

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include "base/files/file.h"
#include "commands/process.h"
#include "server/client.h"
#include "support/temporary_directory.h"
#include "support/tiny_model.h"

namespace transkimmer::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

/// A server, whose lines can be read and which can be sent signals.
class ServingProgram {
 public:
  explicit ServingProgram(const std::vector<std::string>& arguments)
      : program_("/bin/sh", in_shell(arguments)), process_(std::stoi(program_.read_line(kPatienceSeconds))) {}

  ServingProgram(const ServingProgram&) = delete;
  ServingProgram& operator=(const ServingProgram&) = delete;
  /// One that a test has given up is ended, or it would be waited for without end.
  ~ServingProgram() {
    if (process_ > 0) ::kill(process_, SIGKILL);
  }

  std::string read_line() { return program_.read_line(kPatienceSeconds); }
  /// Sends it a signal and waits for its end; the exit status.
  int end_by(int signal) {
    ::kill(process_, signal);
    process_ = 0;
    return program_.finish();
  }

 private:
  static constexpr int kPatienceSeconds = 60;

  /// The shell says which process it is before it becomes the server, with all output in one.
  static std::vector<std::string> in_shell(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"-c", "echo $$; exec \"$0\" \"$@\" 2>&1", TRANSKIMMER_PROGRAM};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }

  Conversation program_;
  pid_t process_;
};

class ServeCommand : public testing::Test {
 protected:
  ServeCommand() { write_tiny_model(model_); }

  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"serve", "--model", model_.string(), "--port", "0", "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  /// The port in the line that a server begins with.
  static std::uint16_t port_in(const std::string& line) {
    return static_cast<std::uint16_t>(std::stoi(line.substr(line.rfind(':') + 1)));
  }

  TemporaryDirectory directory_;
  std::filesystem::path model_ = directory_ / "my-model";
};

class EndingSignal : public ServeCommand, public testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Signals, EndingSignal, testing::Values(SIGTERM, SIGINT),
                         [](const auto& of) { return of.param == SIGTERM ? "Terminate" : "Interrupt"; });

TEST_P(EndingSignal, IsFollowedByAnOrderlyEnd) {
  ServingProgram program(arguments());
  const std::string line = program.read_line();
  EXPECT_THAT(line, HasSubstr("Serving my-model (text-classification) on http://127.0.0.1:"));
  HttpClient client(port_in(line));
  const HttpReply reply = client.post("/predict", json{{"inputs", "a charming journey"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json().size(), 2U);
  EXPECT_EQ(program.end_by(GetParam()), 0);
  EXPECT_TRUE(client.hung_up());
}

TEST_F(ServeCommand, SaysItsAddressAsJson) {
  ServingProgram program(arguments({"--json-output"}));
  const json line = json::parse(program.read_line());
  EXPECT_EQ(line["message"], "ready");
  EXPECT_EQ(HttpClient(port_in(line["address"])).get("/health").status, 200);
  EXPECT_EQ(program.end_by(SIGTERM), 0);
}

TEST_F(ServeCommand, ReadsOptionsFromTheEnvironment) {
  ::setenv("MAX_CLIENT_BATCH_SIZE", "7", 1);
  ::setenv("AUTO_TRUNCATE", "false", 1);
  ::setenv("API_KEY", "secret", 1);
  ServingProgram program(arguments({"--max-batch-tokens", "100"}));
  for (const char* name : {"MAX_CLIENT_BATCH_SIZE", "AUTO_TRUNCATE", "API_KEY"}) ::unsetenv(name);
  HttpClient client(port_in(program.read_line()));
  EXPECT_EQ(client.get("/info").status, 401);
  client.send("GET /info HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n\r\n");
  const json info = client.read().json();
  EXPECT_EQ(info["model_id"], "my-model");
  EXPECT_EQ(info["max_client_batch_size"], 7);
  EXPECT_EQ(info["max_batch_tokens"], 100);
  EXPECT_EQ(info["auto_truncate"], false);
  EXPECT_EQ(program.end_by(SIGTERM), 0);
}

TEST_F(ServeCommand, ReadsItsKeyFromAFile) {
  write_file_atomically(directory_ / "key", "from a file\n");
  ServingProgram program(arguments({"--api-key-file", (directory_ / "key").string()}));
  HttpClient client(port_in(program.read_line()));
  const json body = {{"inputs", "a"}};
  EXPECT_EQ(client.post("/predict", body).status, 401);
  EXPECT_EQ(client.post("/predict", body.dump(), "Authorization: Bearer from a file\r\n").status, 200);
  EXPECT_EQ(program.end_by(SIGTERM), 0);
}

TEST_F(ServeCommand, LogsRequestsWhenAsked) {
  ServingProgram program(arguments({"--log-level", "debug", "--json-output"}));
  const json first = json::parse(program.read_line());
  HttpClient(port_in(first["address"])).post("/predict", json{{"inputs", "a charming journey"}});
  const json line = json::parse(program.read_line());
  EXPECT_EQ(line["path"], "/predict");
  EXPECT_EQ(line["status"], 200);
  EXPECT_EQ(line["tokens"], 5);
  EXPECT_THAT(line.dump(), testing::Not(HasSubstr("charming"))) << "texts are nobody's business";
  EXPECT_EQ(program.end_by(SIGTERM), 0);
}

TEST_F(ServeCommand, RefusesWhatItCannotDo) {
  const ProcessResult absent = transkimmer({"serve", "--model", "nowhere", "--port", "0"});
  EXPECT_EQ(absent.status, 1);
  EXPECT_THAT(absent.err, HasSubstr("nowhere"));
  const ProcessResult host = transkimmer(arguments({"--hostname", "203.0.113.1"}));
  EXPECT_EQ(host.status, 1);
  EXPECT_THAT(host.err, HasSubstr("203.0.113.1:0: cannot listen"));
  EXPECT_EQ(transkimmer(arguments({"--max-batch-tokens", "0"})).status, 2);
  EXPECT_EQ(transkimmer(arguments({"--auto-truncate", "perhaps"})).status, 2);
  const ProcessResult tokens =
      transkimmer(arguments({"--max-batch-tokens", "10", "--auto-truncate", "false"}));
  EXPECT_EQ(tokens.status, 2);
  EXPECT_THAT(tokens.err, HasSubstr("--max-batch-tokens is 10, but the model takes texts of 64 tokens"));
}

}  // namespace
}  // namespace transkimmer::test
