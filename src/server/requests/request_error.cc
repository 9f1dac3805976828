#include "server/requests/request_error.h"

#include <algorithm>
#include <array>

#include <nlohmann/json.hpp>

namespace transkimmer {
namespace {

struct FaultTraits {
  Fault fault;
  int status;
  std::string_view type;     ///< error_type
  std::string_view failure;  ///< err of te_request_failure
};

constexpr std::array<FaultTraits, 16> kFaults = {{
    {Fault::syntax, 400, "Validation", ""},
    {Fault::not_found, 404, "Validation", ""},
    {Fault::method, 405, "Validation", ""},
    {Fault::content_type, 415, "Validation", ""},
    {Fault::body_size, 413, "Validation", ""},
    {Fault::header_size, 431, "Validation", ""},
    {Fault::validation, 422, "Validation", "validation"},
    {Fault::batch_size, 422, "Validation", "batch_size"},
    {Fault::empty, 400, "Empty", "missing_values"},
    {Fault::tokenizer, 422, "Tokenizer", "tokenization"},
    {Fault::model_type, 424, "Backend", "model_type"},
    {Fault::overloaded, 429, "Overloaded", "overloaded"},
    {Fault::inference, 424, "Backend", "inference"},
    {Fault::dropped, 503, "Unhealthy", "dropped"},
    {Fault::timeout, 503, "Overloaded", "timeout"},
    {Fault::unhealthy, 503, "Unhealthy", ""},
}};

const FaultTraits& traits_of(Fault fault) {
  return kFaults[static_cast<std::size_t>(fault)];
}

/// In the order of the enumeration, so that it is an index.
static_assert([] {
  for (std::size_t i = 0; i < kFaults.size(); ++i)
    if (kFaults[i].fault != static_cast<Fault>(i)) return false;
  return true;
}());

}  // namespace

HttpResponse error_response(Fault fault, std::string_view message, ErrorShape shape) {
  const FaultTraits& traits = traits_of(fault);
  const nlohmann::ordered_json body =
      shape == ErrorShape::openai
          ? nlohmann::ordered_json{{"message", message}, {"code", traits.status}, {"type", traits.type}}
          : nlohmann::ordered_json{{"error", message}, {"error_type", traits.type}};
  HttpResponse response{.status = traits.status};
  response.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  // What is refused as too much may come again soon: passes take milliseconds.
  if (fault == Fault::overloaded || fault == Fault::timeout || fault == Fault::unhealthy)
    response.headers.emplace_back("Retry-After", "1");
  return response;
}

int status_of(Fault fault) {
  return traits_of(fault).status;
}

Fault fault_of_status(int status) {
  const auto* const found = std::ranges::find(kFaults, status, &FaultTraits::status);
  return found == kFaults.end() ? Fault::syntax : found->fault;
}

std::string_view failure_name(Fault fault) {
  return traits_of(fault).failure;
}

}  // namespace transkimmer
