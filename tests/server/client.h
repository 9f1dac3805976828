#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace transkimmer::test {

/// What a server answered.
struct HttpReply {
  int status = 0;                              ///< 0: it hung up without an answer
  std::map<std::string, std::string> headers;  ///< by their names in lower case
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
};

/// A client on a socket of its own, which sends exactly what it is told. It throws std::runtime_error where
/// it cannot connect.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port);
  /// Of a Unix socket.
  explicit HttpClient(const std::filesystem::path& socket);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient();

  /// Returns false where the server has hung up.
  bool send(std::string_view bytes);
  /// The next answer; waits for it no longer than ten seconds.
  HttpReply read();
  /// Whether the server hangs up within ten seconds, without an answer.
  bool hung_up();
  void close();

  HttpReply get(const std::string& path);
  /// A JSON body. `headers` are whole lines, each with its CRLF.
  HttpReply post(const std::string& path, const std::string& body, const std::string& headers = {});
  HttpReply post(const std::string& path, const nlohmann::json& body) { return post(path, body.dump()); }

 private:
  bool fill();

  int socket_ = -1;
  std::string pending_;
};

/// A whole request.
std::string post_text(const std::string& path, const std::string& body, const std::string& headers = {});

}  // namespace transkimmer::test
