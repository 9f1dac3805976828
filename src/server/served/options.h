#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/http/http_server.h"

namespace transkimmer {

/// A request that was answered, for a log.
struct RequestRecord {
  std::string method;
  std::string path;
  int status = 0;
  double seconds = 0;
  std::size_t inputs = 0;
  std::size_t tokens = 0;
  double queue_seconds = 0;  ///< mean over the inputs, as the next
  double inference_seconds = 0;
};

/// What `transkimmer serve` is told, in the words of text-embeddings-inference.
struct ServerOptions {
  HttpOptions http;
  std::string model_id;           ///< as /info names the model
  std::string served_model_name;  ///< as /v1/... name it; empty: the model_id
  std::size_t max_concurrent_requests = 512;
  std::size_t max_batch_tokens = 16384;
  std::optional<std::size_t> max_batch_requests;
  std::size_t max_client_batch_size = 32;
  std::chrono::microseconds max_wait{0};  ///< see BatcherOptions
  /// How long a request may wait for its passes to begin; what has begun is answered.
  std::optional<std::chrono::milliseconds> request_timeout;
  bool auto_truncate = true;
  std::optional<std::string> default_prompt_name;
  std::optional<std::string> default_prompt;
  std::string api_key;  ///< empty: none is asked for
  std::vector<std::string> cors_allow_origin;
  /// Called after every request, from several threads; must not throw.
  std::function<void(const RequestRecord&)> on_request = {};
};

}  // namespace transkimmer
