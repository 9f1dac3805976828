#include "server/http/http_server.h"

#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "server/http/asio.h"
#include "server/http/connection.h"
#include "transkimmer/error.h"

namespace transkimmer {

namespace fs = std::filesystem;

namespace {

/// After a connection could not be accepted (there are no more descriptors, say).
constexpr std::chrono::milliseconds kPauseAfterFailure(100);

/// A server that ended without removing its file leaves one that nobody listens to; any other file stays.
void remove_stale_socket(asio::io_context& context, const fs::path& path) {
  std::error_code none;
  if (!fs::is_socket(path, none)) return;
  error_code failed;
  asio::local::stream_protocol::socket probe(context);
  probe.connect(asio::local::stream_protocol::endpoint(path.string()), failed);
  if (failed == asio::error::connection_refused) fs::remove(path, none);
}

asio::generic::stream_protocol::endpoint endpoint_of(asio::io_context& context, const HttpOptions& options) {
  if (!options.uds_path.empty()) {
    remove_stale_socket(context, options.uds_path);
    return asio::local::stream_protocol::endpoint(options.uds_path.string());
  }
  tcp::resolver resolver(context);
  return resolver.resolve(options.hostname, std::to_string(options.port), tcp::resolver::passive)
      .begin()
      ->endpoint();
}

std::string place_of(const HttpOptions& options) {
  return options.uds_path.empty() ? fmt::format("{}:{}", options.hostname, options.port)
                                  : options.uds_path.string();
}

StreamAcceptor listen(asio::io_context& context, const HttpOptions& options) {
  try {
    const auto endpoint = endpoint_of(context, options);
    StreamAcceptor acceptor(context, endpoint.protocol());
    if (options.uds_path.empty()) acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.bind(endpoint);
    acceptor.listen(asio::socket_base::max_listen_connections);
    return acceptor;
  } catch (const boost::system::system_error& error) {
    throw IoError(fmt::format("{}: cannot listen: {}", place_of(options), error.code().message()));
  }
}

std::uint16_t port_of(const StreamAcceptor& acceptor) {
  const auto bound = acceptor.local_endpoint();
  if (bound.protocol().family() == AF_UNIX) return 0;
  tcp::endpoint endpoint;
  endpoint.resize(bound.size());
  std::memcpy(endpoint.data(), bound.data(), bound.size());
  return endpoint.port();
}

}  // namespace

struct HttpServer::Impl {
  Impl(HttpOptions options, Handler handler, Refusal refusal)
      : workers(static_cast<std::size_t>(options.workers)),
        acceptor(listen(context, options)),
        pause(context),
        uds_path(options.uds_path) {
    host.options = std::move(options);
    host.handler = std::move(handler);
    host.refusal = std::move(refusal);
    host.on_worker = [this](std::function<void()> work) { asio::post(workers, std::move(work)); };
  }

  ~Impl() {
    std::error_code ignored;
    if (!uds_path.empty()) fs::remove(uds_path, ignored);
  }

  void accept() {
    acceptor.async_accept([this](error_code error, StreamSocket socket) {
      if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
      if (error) {
        pause.expires_after(kPauseAfterFailure);
        pause.async_wait([this](error_code stopped) {
          if (!stopped) accept();
        });
        return;
      }
      if (has_room()) std::make_shared<Connection>(std::move(socket), host, ++connections)->start();
      accept();
    });
  }

  bool has_room() {
    const std::lock_guard lock(host.mutex);
    return host.connections.size() < host.options.max_connections;
  }

  bool wait_until_closed(std::chrono::milliseconds timeout) {
    std::unique_lock lock(host.mutex);
    return host.closed.wait_for(lock, timeout, [this] { return host.connections.empty(); });
  }

  // The context goes last: what waits in it holds connections, which know the host.
  ConnectionHost host;
  asio::io_context context{1};
  asio::thread_pool workers;
  StreamAcceptor acceptor;
  asio::steady_timer pause;
  const fs::path uds_path;
  std::uint64_t connections = 0;
  std::thread thread;
};

HttpServer::HttpServer(HttpOptions options, Handler handler, Refusal refusal)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(handler), std::move(refusal))) {}

HttpServer::~HttpServer() {
  impl_->workers.join();
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void HttpServer::start() {
  impl_->accept();
  impl_->thread = std::thread([this] { impl_->context.run(); });
}

std::uint16_t HttpServer::port() const {
  return impl_->acceptor.is_open() ? port_of(impl_->acceptor) : std::uint16_t{0};
}

std::string HttpServer::address() const {
  if (!impl_->uds_path.empty()) return "unix:" + impl_->uds_path.string();
  const std::string& host = impl_->host.options.hostname;
  const bool version_6 = host.find(':') != host.npos;
  return fmt::format("http://{}:{}", version_6 ? "[" + host + "]" : host, port());
}

void HttpServer::on_worker(std::function<void()> work) {
  impl_->host.on_worker(std::move(work));
}

bool HttpServer::drain(std::chrono::milliseconds timeout) {
  impl_->host.draining.store(true);
  asio::post(impl_->context, [this] {
    error_code ignored;
    impl_->acceptor.close(ignored);
    impl_->pause.cancel();
  });
  for (const auto& connection : impl_->host.open_connections()) connection->close_if_idle();
  if (impl_->wait_until_closed(timeout)) return true;
  for (const auto& connection : impl_->host.open_connections()) connection->close();
  return false;
}

}  // namespace transkimmer
