#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/http/asio.h"
#include "server/http/http_server.h"
#include "server/http/message.h"

namespace transkimmer {

class Connection;

/// What all connections of a server have in common; it outlives them.
struct ConnectionHost {
  HttpOptions options;
  HttpServer::Handler handler;
  HttpServer::Refusal refusal;
  std::function<void(std::function<void()>)> on_worker;
  std::atomic<bool> draining = false;

  std::mutex mutex;
  std::condition_variable closed;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> connections;

  std::vector<std::shared_ptr<Connection>> open_connections();
};

/// A client: its requests one after another. All that it does runs on the thread that waits for sockets.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(StreamSocket socket, ConnectionHost& host, std::uint64_t number);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Reads the first request.
  void start();
  /// Closes the connection unless a request is being read or answered. Callable from any thread.
  void close_if_idle();
  /// Closes it whatever it does. Callable from any thread.
  void close();

 private:
  using Parser = http::request_parser<http::string_body>;
  using Response = http::response<http::string_body>;
  enum class State { idle, reading, answering, ending };

  void read_header();
  void on_header(error_code error);
  void read_body();
  void on_body(error_code error);
  void handle(http::request<http::string_body> request);
  void watch();
  void write(HttpResponse response);
  void on_written(error_code error);
  void refuse(error_code error);
  void linger();

  beast::basic_stream<asio::generic::stream_protocol> stream_;
  ConnectionHost& host_;
  const std::uint64_t number_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Response> response_;
  std::shared_ptr<std::atomic<bool>> gone_;
  State state_ = State::idle;
  bool first_ = true;
  bool keep_alive_ = false;
  bool head_ = false;          ///< the request wants the header of the answer alone
  std::size_t discarded_ = 0;  ///< bytes read after the last answer
};

}  // namespace transkimmer
