// What a server makes of what comes over its sockets, whatever is answered.

#include "server/http/http_server.h"

#include <atomic>
#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/files/file.h"
#include "server/client.h"
#include "support/temporary_directory.h"
#include "transkimmer/error.h"

namespace transkimmer::test {
namespace {

using std::chrono::milliseconds;

/// Answers with what it was asked.
class EchoServer {
 public:
  explicit EchoServer(HttpOptions options = {}) {
    options.port = 0;
    server_ = std::make_unique<HttpServer>(
        std::move(options),
        [this](HttpRequest request, HttpAnswer answer) { handle(std::move(request), answer); },
        [](int status, std::string_view message) {
          return HttpResponse{.status = status, .content_type = "text/plain", .body = std::string(message)};
        });
    server_->start();
  }
  ~EchoServer() { server_->drain(milliseconds(0)); }

  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  std::uint16_t port() const { return server_->port(); }
  std::atomic<int> handled = 0;
  std::atomic<bool> gone = false;

 private:
  void handle(HttpRequest request, const HttpAnswer& answer) {
    ++handled;
    if (request.path == "/wait-until-gone") {
      while (!request.gone->load()) std::this_thread::sleep_for(milliseconds(1));
      gone.store(true);
    }
    if (request.path == "/slow") std::this_thread::sleep_for(milliseconds(200));
    answer({.content_type = "text/plain", .body = request.method + " " + request.path + " " + request.body});
  }

  std::unique_ptr<HttpServer> server_;
};

TEST(HttpServer, AnswersOneRequestAfterAnotherOnAConnection) {
  EchoServer server;
  HttpClient client(server.port());
  EXPECT_EQ(client.get("/a?b=c").body, "GET /a ");
  EXPECT_EQ(client.post("/x", std::string("body")).body, "POST /x body");
  EXPECT_EQ(client.post("/y", std::string(200000, 'y')).body.size(), 8U + 200000U);
}

TEST(HttpServer, AnswersRequestsThatAreSentTogetherInTheirOrder) {
  EchoServer server;
  HttpClient client(server.port());
  client.send(post_text("/slow", "1") + post_text("/b", "2") + post_text("/c", "3"));
  EXPECT_EQ(client.read().body, "POST /slow 1");
  EXPECT_EQ(client.read().body, "POST /b 2");
  EXPECT_EQ(client.read().body, "POST /c 3");
}

TEST(HttpServer, ReadsBodiesInChunks) {
  EchoServer server;
  HttpClient client(server.port());
  client.send(
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(client.read().body, "POST /x abcde");
}

TEST(HttpServer, TellsClientsThatAskToGoOn) {
  EchoServer server;
  HttpClient client(server.port());
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  std::this_thread::sleep_for(milliseconds(20));
  client.send("abc");
  EXPECT_EQ(client.read().body, "POST /x abc");
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  EchoServer server;
  HttpClient client(server.port());
  client.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string all;
  const HttpReply head = client.read();
  EXPECT_EQ(head.headers.at("content-length"), "8");
  EXPECT_TRUE(head.body.starts_with("HTTP/1.1")) << "what follows the header is the next answer";
}

struct BadRequest {
  std::string name;
  std::string text;
  int status;

  friend std::ostream& operator<<(std::ostream& out, const BadRequest& bad) { return out << bad.name; }
};

class BadRequests : public testing::TestWithParam<BadRequest> {};

INSTANTIATE_TEST_SUITE_P(
    Http, BadRequests,
    testing::Values(
        BadRequest{"NoHttp", "hello\r\n\r\n", 400}, BadRequest{"NoVersion", "GET /\r\n\r\n", 400},
        BadRequest{"TwoLengths", "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
                   400},
        BadRequest{"NegativeLength", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
        BadRequest{"LengthBeyond64Bits", "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
                   400},
        BadRequest{"LengthAndChunks",
                   "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   400},
        BadRequest{"ChunksAndLength",
                   "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                   400},
        BadRequest{"BadChunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n", 400},
        BadRequest{"BlankInAName", "GET / HTTP/1.1\r\nHo st: x\r\n\r\n", 400},
        BadRequest{"BlankBehindAName", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
        BadRequest{"HeaderFlood", "GET / HTTP/1.1\r\n" + std::string(20000, 'a') + ": b\r\n\r\n", 431},
        BadRequest{"LargeBody", "POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n" + std::string(1001, 'x'),
                   413},
        BadRequest{"LargeChunks",
                   "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x'),
                   413}),
    [](const auto& of) { return of.param.name; });

TEST_P(BadRequests, AreRefusedAndTheServerGoesOn) {
  HttpOptions options;
  options.max_body_bytes = 1000;
  EchoServer server(options);
  HttpClient client(server.port());
  client.send(GetParam().text);
  const HttpReply reply = client.read();
  EXPECT_EQ(reply.status, GetParam().status);
  EXPECT_EQ(reply.headers.at("connection"), "close");
  EXPECT_EQ(server.handled.load(), 0);
  EXPECT_EQ(HttpClient(server.port()).get("/a").status, 200);
}

TEST(HttpServer, ABodyThatIsTooLargeIsRefusedBeforeItIsSent) {
  HttpOptions options;
  options.max_body_bytes = 1000;
  EchoServer server(options);
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
  // One that sends it all the same reads the answer, too.
  HttpClient stubborn(server.port());
  stubborn.send("POST / HTTP/1.1\r\nContent-Length: 4000000\r\n\r\n");
  stubborn.send(std::string(4000000, 'x'));
  EXPECT_EQ(stubborn.read().status, 413);
}

TEST(HttpServer, SlowClientsHoldUpNobody) {
  HttpOptions options;
  options.workers = 1;
  EchoServer server(options);
  std::vector<std::unique_ptr<HttpClient>> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(std::make_unique<HttpClient>(server.port()));
    slow.back()->send(i % 2 == 0 ? "GET / HT" : "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
  }
  EXPECT_EQ(HttpClient(server.port()).get("/a").body, "GET /a ");
  slow[1]->send("cdefghij");
  EXPECT_EQ(slow[1]->read().body, "POST / abcdefghij");
}

TEST(HttpServer, HangsUpOnClientsThatTakeTooLong) {
  HttpOptions options;
  options.header_timeout = milliseconds(50);
  options.body_timeout = milliseconds(50);
  options.idle_timeout = milliseconds(50);
  EchoServer server(options);
  HttpClient header(server.port()), body(server.port()), idle(server.port());
  header.send("GET / HT");
  body.send("POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
  EXPECT_EQ(idle.get("/a").status, 200);
  EXPECT_TRUE(header.hung_up());
  EXPECT_TRUE(body.hung_up());
  EXPECT_TRUE(idle.hung_up());
}

TEST(HttpServer, ClosesConnectionsBeyondItsLimit) {
  HttpOptions options;
  options.max_connections = 2;
  EchoServer server(options);
  HttpClient first(server.port());
  EXPECT_EQ(first.get("/a").status, 200);
  {
    HttpClient second(server.port());
    EXPECT_EQ(second.get("/a").status, 200);
    HttpClient third(server.port());
    EXPECT_TRUE(third.hung_up());
    EXPECT_EQ(first.get("/a").status, 200);
  }
  int status = 0;
  for (int tries = 0; tries < 1000 && status != 200; ++tries) {
    status = HttpClient(server.port()).get("/a").status;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_EQ(status, 200) << "those that have left make room";
}

TEST(HttpServer, HandlersSeeThatTheirClientHasLeft) {
  EchoServer server;
  HttpClient client(server.port());
  client.send("GET /wait-until-gone HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server.handled.load() == 0) std::this_thread::sleep_for(milliseconds(1));
  EXPECT_FALSE(server.gone.load());
  client.close();
  for (int tries = 0; tries < 2000 && !server.gone.load(); ++tries)
    std::this_thread::sleep_for(milliseconds(5));
  EXPECT_TRUE(server.gone.load());
}

TEST(HttpServer, DrainingFinishesWhatWasBegun) {
  EchoServer server;
  HttpClient idle(server.port()), busy(server.port()), sending(server.port());
  EXPECT_EQ(idle.get("/a").status, 200);
  EXPECT_EQ(sending.get("/a").status, 200);  // it is accepted
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  sending.send("POST /late HTTP/1.1\r\nContent-Length: 3\r\n\r\na");
  while (server.handled.load() < 3) std::this_thread::sleep_for(milliseconds(1));
  const std::uint16_t port = server.port();
  std::future<bool> drained =
      std::async(std::launch::async, [&] { return server->drain(milliseconds(8000)); });
  EXPECT_TRUE(idle.hung_up());
  EXPECT_THROW(HttpClient(port).get("/a"), std::runtime_error);
  const HttpReply reply = busy.read();
  EXPECT_EQ(reply.body, "GET /slow ");
  EXPECT_EQ(reply.headers.at("connection"), "close");
  sending.send("bc");
  EXPECT_EQ(sending.read().body, "POST /late abc");
  busy.close();
  sending.close();
  EXPECT_TRUE(drained.get());
}

TEST(HttpServer, DrainingEndsWhereClientsDoNot) {
  EchoServer server;
  HttpClient client(server.port());
  client.send("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na");
  EXPECT_EQ(HttpClient(server.port()).get("/a").status, 200);
  EXPECT_FALSE(server->drain(milliseconds(50)));
  EXPECT_TRUE(client.hung_up());
}

TEST(HttpServer, ListensOnAUnixSocketAndRemovesItsFile) {
  const TemporaryDirectory directory;
  HttpOptions options;
  options.uds_path = directory / "server.sock";
  for (int life = 0; life < 2; ++life) {
    {
      EchoServer server(options);
      EXPECT_EQ(server->address(), "unix:" + options.uds_path.string());
      EXPECT_EQ(server.port(), 0);
      HttpClient client(options.uds_path);
      EXPECT_EQ(client.get("/a").body, "GET /a ");
      EXPECT_EQ(client.post("/b", std::string("c")).body, "POST /b c");
      EXPECT_THROW(EchoServer second(options), IoError) << "somebody listens there";
    }
    EXPECT_FALSE(std::filesystem::exists(options.uds_path));
  }
}

TEST(HttpServer, ASocketThatNobodyListensToIsReplacedAndAnyOtherFileStays) {
  const TemporaryDirectory directory;
  HttpOptions options;
  options.uds_path = directory / "server.sock";
  // As a server leaves it that was killed.
  const int left = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  options.uds_path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(left, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  ::close(left);
  {
    EchoServer server(options);
    EXPECT_EQ(HttpClient(options.uds_path).get("/a").status, 200);
  }
  std::ofstream(options.uds_path) << "somebody's";
  try {
    const EchoServer server(options);
    FAIL() << "listens in place of a file";
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(), options.uds_path.string() + ": cannot listen: Address already in use");
  }
  EXPECT_EQ(read_file(options.uds_path), "somebody's");
}

TEST(HttpServer, SaysWhereItCannotListen) {
  EchoServer server;
  HttpOptions options;
  options.port = server.port();
  try {
    const HttpServer second(options, {}, {});
    FAIL() << "listens on a port that is taken";
  } catch (const IoError& error) {
    EXPECT_EQ(error.what(),
              "127.0.0.1:" + std::to_string(server.port()) + ": cannot listen: Address already in use");
  }
}

}  // namespace
}  // namespace transkimmer::test
