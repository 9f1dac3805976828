#include "server/dispatch.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/strings/quoting.h"

namespace transkimmer {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

BatcherOptions batcher_options(const ServerOptions& options, Metrics& metrics) {
  return {.max_batch_tokens = options.max_batch_tokens,
          .max_batch_requests = options.max_batch_requests.value_or(SIZE_MAX),
          .max_concurrent_requests = options.max_concurrent_requests,
          .max_wait = options.max_wait,
          .on_pass = [&metrics](const PassReport& pass) { metrics.count_pass(pass); }};
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find_first_of("; "));
  constexpr std::string_view kJson = "application/json";
  return std::ranges::equal(type, kJson, [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

std::string milliseconds(double seconds) {
  return std::to_string(std::llround(seconds * 1000));
}

}  // namespace

bool equal_in_constant_time(std::string_view left, std::string_view right) {
  unsigned different = left.size() == right.size() ? 0U : 1U;
  for (std::size_t i = 0; i < left.size(); ++i)
    different |= static_cast<unsigned char>(left[i]) ^
                 static_cast<unsigned char>(right.empty() ? '\0' : right[i % right.size()]);
  return different == 0;
}

/// A request on its way.
struct Dispatch::Call {
  HttpRequest request;
  HttpAnswer answer;
  Clock::time_point begun = Clock::now();
  const Route* route = nullptr;
  Plan plan;
  RequestTimes times;  ///< queue and inference: means over the sequences
  std::size_t tokens = 0;

  ErrorShape errors() const {
    if (route != nullptr) return route->errors;
    return request.path.starts_with("/v1/") || request.path.starts_with("/v2/") ? ErrorShape::openai
                                                                                : ErrorShape::plain;
  }
  bool computes = false;  ///< sequences of it are run: it is counted
};

Dispatch::Dispatch(Model model, ServerOptions options, std::function<void(std::function<void()>)> on_worker)
    : options_(std::move(options)),
      model_(model, options_),
      metrics_(model_.spec()),
      batcher_(std::move(model), batcher_options(options_, metrics_)),
      on_worker_(std::move(on_worker)) {}

void Dispatch::drain() {
  draining_.store(true);
  batcher_.drain();
}

void Dispatch::handle(HttpRequest request, HttpAnswer answer) {
  const auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->answer = std::move(answer);
  try {
    if (call->request.method == "OPTIONS") return answer_preflight(call);
    route(call);
  } catch (...) {
    fail(call, std::current_exception());
  }
}

const Route& Dispatch::find_route(const HttpRequest& request) const {
  const bool head = request.method == "HEAD";
  std::string methods;
  for (const Route& route : routes()) {
    if (route.path != request.path) continue;
    if (route.method == request.method || (head && route.method == "GET")) return route;
    methods += fmt::format("{}{}", methods.empty() ? "" : ", ", route.method);
  }
  if (methods.empty())
    throw RequestError(Fault::not_found, fmt::format("there is no route {}", in_quotes(request.path)));
  throw RequestError(Fault::method,
                     fmt::format("{} takes {}, not {}", request.path, methods, request.method));
}

bool Dispatch::is_authorized(const Route& route, const HttpRequest& request) const {
  constexpr std::string_view kScheme = "Bearer ";
  if (options_.api_key.empty() || !route.guarded) return true;
  const std::string_view given = request.authorization;
  return given.starts_with(kScheme) && equal_in_constant_time(given.substr(kScheme.size()), options_.api_key);
}

void Dispatch::route(const CallPointer& call) {
  const Route& route = find_route(call->request);
  call->route = &route;
  if (!is_authorized(route, call->request)) return send(call, {.status = 401, .content_type = {}});
  if (draining_.load() && (route.path == "/health" || route.method == "POST"))
    throw RequestError(Fault::unhealthy, "the server is shutting down");
  if (route.method == "POST" && !is_json(call->request.content_type))
    throw RequestError(Fault::content_type,
                       fmt::format("the header Content-Type is {}, expected application/json",
                                   in_quotes(call->request.content_type)));
  plan(call);
  run(call);
}

void Dispatch::plan(const CallPointer& call) {
  const RequestFields fields = call->route->method == "POST" ? RequestFields::parse(call->request.body)
                                                             : RequestFields(nlohmann::json::object());
  call->request.body = {};
  call->plan = call->route->plan({model_, options_, metrics_, batcher_}, fields);
  call->times.tokenization = seconds_since(call->begun);
  call->computes = !call->plan.items.empty();
  for (const BatchItem& item : call->plan.items) {
    call->tokens += item.ids.size();
    metrics_.count_input(call->route->kind, item.ids.size());
  }
}

void Dispatch::run(const CallPointer& call) {
  std::vector<BatchedResult> none;
  if (!call->computes) return succeed(call, none);
  metrics_.count_request(call->plan.batch);
  BatchRequest request{
      .items = std::move(call->plan.items), .client = call->request.client, .cancelled = call->request.gone};
  if (options_.request_timeout) request.deadline = call->begun + *options_.request_timeout;
  batcher_.submit(std::move(request),
                  [this, call](std::exception_ptr error, std::vector<BatchedResult> results) {
                    // Passes follow each other on this thread: it makes no answers.
                    on_worker_([this, call, error = std::move(error),
                                results = std::move(results)]() mutable { complete(call, error, results); });
                  });
}

void Dispatch::complete(const CallPointer& call, const std::exception_ptr& error,
                        std::vector<BatchedResult>& results) {
  if (error) return fail(call, error);
  try {
    const auto count = static_cast<double>(results.size());
    for (const BatchedResult& result : results) {
      call->times.queue += result.queue_seconds / count;
      call->times.inference += result.inference_seconds / count;
      metrics_.count_sequence(result.skimmed_at.size(), result.kept);
    }
    succeed(call, results);
  } catch (...) {
    fail(call, std::current_exception());
  }
}

void Dispatch::succeed(const CallPointer& call, std::vector<BatchedResult>& results) {
  HttpResponse response = call->plan.answer(results);
  call->times.total = seconds_since(call->begun);
  if (call->computes) {
    metrics_.count_success(call->plan.batch, call->route->kind, call->plan.inputs, call->times);
    response.headers = {{"x-compute-type", "cpu"},
                        {"x-compute-time", milliseconds(call->times.total)},
                        {"x-compute-characters", std::to_string(call->plan.characters)},
                        {"x-compute-tokens", std::to_string(call->tokens)},
                        {"x-total-time", milliseconds(call->times.total)},
                        {"x-tokenization-time", milliseconds(call->times.tokenization)},
                        {"x-queue-time", milliseconds(call->times.queue)},
                        {"x-inference-time", milliseconds(call->times.inference)}};
  }
  send(call, std::move(response));
}

void Dispatch::fail(const CallPointer& call, Fault fault, std::string_view message) {
  metrics_.count_failure(failure_name(fault));
  send(call, error_response(fault, message, call->errors()));
}

void Dispatch::fail(const CallPointer& call, const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const RequestError& failure) {
    fail(call, failure.fault(), failure.what());
  } catch (const CancelledError& failure) {
    fail(call, Fault::dropped, failure.what());
  } catch (const DeadlineError& failure) {
    fail(call, Fault::timeout, failure.what());
  } catch (const ShutDownError& failure) {
    fail(call, Fault::unhealthy, failure.what());
  } catch (const UsageError& failure) {
    fail(call, Fault::validation, failure.what());
  } catch (const std::exception&) {
    // What else is thrown may name files of this machine, which are nobody's business.
    fail(call, Fault::inference, "the model could not answer this request");
  }
}

/// What browsers ask before they send a request of another site's page.
void Dispatch::answer_preflight(const CallPointer& call) {
  HttpResponse response{.status = 204, .content_type = {}};
  response.headers = {{"Access-Control-Allow-Methods", "GET, POST"},
                      {"Access-Control-Allow-Headers", "authorization, content-type"}};
  send(call, std::move(response));
}

void Dispatch::send(const CallPointer& call, HttpResponse response) {
  const std::vector<std::string>& origins = options_.cors_allow_origin;
  const bool any = std::ranges::find(origins, "*") != origins.end();
  if (any || std::ranges::find(origins, call->request.origin) != origins.end())
    response.headers.emplace_back("Access-Control-Allow-Origin", any ? "*" : call->request.origin);
  const RequestRecord record{.method = call->request.method,
                             .path = call->request.path,
                             .status = response.status,
                             .seconds = seconds_since(call->begun),
                             .inputs = call->plan.inputs,
                             .tokens = call->tokens,
                             .queue_seconds = call->times.queue,
                             .inference_seconds = call->times.inference};
  call->plan = {};  // makes room before the client can send the next one
  if (options_.on_request) options_.on_request(record);
  call->answer(std::move(response));
}

}  // namespace transkimmer
