#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/http/message.h"
#include "transkimmer/error.h"

namespace transkimmer {

/// What is wrong with a request, or with the server that got it.
enum class Fault : std::uint8_t {
  syntax,        ///< the body is no JSON, or no HTTP
  not_found,     ///< there is no such route
  method,        ///< the route takes another one
  content_type,  ///< the body is said to be something else than JSON
  body_size,     ///< more than --payload-limit
  header_size,   ///< more than HttpOptions::max_header_bytes
  validation,    ///< a field is missing, of another type or out of range
  batch_size,    ///< more inputs than --max-client-batch-size
  empty,         ///< no inputs
  tokenizer,     ///< the texts cannot be tokenised
  model_type,    ///< the model's head answers something else
  overloaded,    ///< more inputs at a time than --max-concurrent-requests
  inference,     ///< the model computes no finite number, say
  dropped,       ///< the client has left
  timeout,       ///< it waited for a pass longer than --request-timeout
  unhealthy      ///< shutting down
};

/// A request that is answered with an error.
class RequestError : public Error {
 public:
  RequestError(Fault fault, const std::string& message) : Error(message), fault_(fault) {}
  Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// In whose words errors are told.
enum class ErrorShape : std::uint8_t {
  plain,  ///< {"error", "error_type"}
  openai  ///< {"message", "code", "type"}
};

/// The answer that tells of an error.
HttpResponse error_response(Fault fault, std::string_view message, ErrorShape shape);
/// Its status code.
int status_of(Fault fault);
/// The fault that a status code of HTTP stands for, where the request was refused before a route had it.
Fault fault_of_status(int status);
/// How te_request_failure counts it ("validation"); "" of what it does not count.
std::string_view failure_name(Fault fault);

}  // namespace transkimmer
