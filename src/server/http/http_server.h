#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "server/http/message.h"

namespace transkimmer {

/// Where an HTTP server listens, and what it takes from a client before it hangs up.
struct HttpOptions {
  std::string hostname = "127.0.0.1";
  std::uint16_t port = 3000;  ///< 0: any that is free
  /// Listens on this Unix socket instead; the file is made, and removed at the end.
  std::filesystem::path uds_path = {};
  std::size_t max_body_bytes = 2000000;    ///< more is answered with 413
  std::uint32_t max_header_bytes = 16384;  ///< more is answered with 431
  std::size_t max_connections = 4096;      ///< further ones are closed at once
  /// How long a client may take for all of its first header, for its body, for its next request, and to read
  /// an answer.
  std::chrono::milliseconds header_timeout{10000};
  std::chrono::milliseconds body_timeout{60000};
  std::chrono::milliseconds idle_timeout{60000};
  std::chrono::milliseconds write_timeout{60000};
  int workers = 1;  ///< threads that handlers run on
};

/// HTTP/1.1 over TCP or a Unix socket. One thread waits for all sockets, so that a slow client costs a socket
/// and no thread; requests that are there as a whole are handled by the workers.
class HttpServer {
 public:
  /// Answers a request, now or later and from any thread. Runs on a worker; must not throw.
  using Handler = std::function<void(HttpRequest request, HttpAnswer answer)>;
  /// The answer to what is refused before there is a request (400, 413, 431).
  using Refusal = std::function<HttpResponse(int status, std::string_view message)>;

  /// Listens; connections wait until `start`. Throws IoError when it cannot.
  HttpServer(HttpOptions options, Handler handler, Refusal refusal);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  /// Ends all connections. Nothing may be answered any more by then.
  ~HttpServer();

  void start();
  /// 0 of a Unix socket.
  std::uint16_t port() const;
  /// "http://127.0.0.1:3000", or "unix:/run/transkimmer.sock".
  std::string address() const;
  /// Runs `work` on a worker.
  void on_worker(std::function<void()> work);
  /// Accepts no more, closes idle connections and waits for those whose request is being read or answered;
  /// false where some were left after `timeout`.
  bool drain(std::chrono::milliseconds timeout);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace transkimmer
