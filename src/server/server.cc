#include "server/server.h"

#include <algorithm>
#include <utility>

#include "server/dispatch.h"
#include "server/http/http_server.h"
#include "server/requests/request_error.h"

namespace transkimmer {
namespace {

HttpResponse refusal(int status, std::string_view message) {
  return error_response(fault_of_status(status), message, ErrorShape::plain);
}

ServerOptions completed(ServerOptions options) {
  if (options.served_model_name.empty()) options.served_model_name = options.model_id;
  return options;
}

}  // namespace

struct Server::Impl {
  Impl(Model model, const ServerOptions& options)
      : dispatch(std::move(model), completed(options),
                 [this](std::function<void()> work) { http.on_worker(std::move(work)); }),
        http(
            options.http,
            [this](HttpRequest request, HttpAnswer answer) {
              dispatch.handle(std::move(request), std::move(answer));
            },
            refusal) {}

  bool drain(std::chrono::milliseconds timeout) {
    dispatch.drain();
    return http.drain(timeout);
  }

  // In this order: when the threads of HTTP end, what they call is still there.
  Dispatch dispatch;
  HttpServer http;
};

Server::Server(Model model, ServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(model), options)) {}

Server::~Server() {
  impl_->drain(std::chrono::milliseconds(0));
}

void Server::start() {
  impl_->http.start();
}

std::string Server::address() const {
  return impl_->http.address();
}

std::uint16_t Server::port() const {
  return impl_->http.port();
}

bool Server::drain(std::chrono::milliseconds timeout) {
  return impl_->drain(timeout);
}

}  // namespace transkimmer
