#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace transkimmer {

/// A request as it came over HTTP.
struct HttpRequest {
  std::string method;  ///< "GET"
  std::string path;    ///< without the query
  std::string body;
  std::string authorization;  ///< the headers of these names; empty where they are absent
  std::string content_type;
  std::string origin;
  std::uint64_t client = 0;  ///< of the connection that it came over
  /// Becomes true when the client closes the connection before it is answered. Never null for a handler.
  std::shared_ptr<std::atomic<bool>> gone;
};

/// What is answered.
struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";  ///< empty: there is no content
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

/// To be called once, from any thread.
using HttpAnswer = std::function<void(HttpResponse response)>;

}  // namespace transkimmer
