#include "server/http/connection.h"

#include <string>
#include <utility>

#include <sys/socket.h>

namespace transkimmer {
namespace {

/// How much, and for how long, is read and thrown away behind a last answer. A socket that is closed with
/// something unread makes the client lose the answer.
constexpr std::size_t kMostDiscarded = std::size_t{16} << 20;
constexpr std::chrono::seconds kLongestLinger(2);

/// The status by which HTTP names what is wrong with a request, 0 where nobody is there to be told.
int status_of(error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::body_limit) return 413;
  const bool of_http = error.category() == make_error_code(http::error::bad_method).category();
  return of_http && error != http::error::end_of_stream && error != http::error::partial_message ? 400 : 0;
}

std::string path_of(std::string_view target) {
  return std::string(target.substr(0, target.find('?')));
}

std::string text_of(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

std::vector<std::shared_ptr<Connection>> ConnectionHost::open_connections() {
  const std::lock_guard lock(mutex);
  std::vector<std::shared_ptr<Connection>> open;
  for (const auto& [key, connection] : connections)
    if (std::shared_ptr<Connection> alive = connection.lock()) open.push_back(std::move(alive));
  return open;
}

Connection::Connection(StreamSocket socket, ConnectionHost& host, std::uint64_t number)
    : stream_(std::move(socket)), host_(host), number_(number) {}

Connection::~Connection() {
  const std::lock_guard lock(host_.mutex);
  host_.connections.erase(this);
  host_.closed.notify_all();
}

void Connection::start() {
  {
    const std::lock_guard lock(host_.mutex);
    host_.connections.emplace(this, weak_from_this());
  }
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);  // of TCP alone
  read_header();
}

void Connection::close_if_idle() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    // A request of which something has come is answered.
    error_code ignored;
    const bool begun = self->buffer_.size() > 0 || (self->parser_ && self->parser_->got_some()) ||
                       self->stream_.socket().available(ignored) > 0;
    if (self->state_ == State::idle && !begun) self->stream_.close();
  });
}

void Connection::close() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] { self->stream_.close(); });
}

void Connection::read_header() {
  state_ = buffer_.size() > 0 ? State::reading : State::idle;
  parser_.emplace();
  parser_->header_limit(host_.options.max_header_bytes);
  parser_->body_limit(host_.options.max_body_bytes);
  stream_.expires_after(first_ ? host_.options.header_timeout : host_.options.idle_timeout);
  first_ = false;
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](error_code error, std::size_t) { self->on_header(error); });
}

void Connection::on_header(error_code error) {
  if (error) return refuse(error);
  state_ = State::reading;
  stream_.expires_after(host_.options.body_timeout);
  if (!beast::iequals(parser_->get()[http::field::expect], "100-continue")) return read_body();
  const auto response = std::make_shared<http::response<http::empty_body>>(http::status::continue_, 11);
  http::async_write(stream_, *response,
                    [self = shared_from_this(), response](error_code failed, std::size_t) {
                      if (!failed) self->read_body();
                    });
}

void Connection::read_body() {
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](error_code error, std::size_t) { self->on_body(error); });
}

void Connection::on_body(error_code error) {
  if (error) return refuse(error);
  handle(parser_->release());
}

void Connection::handle(http::request<http::string_body> request) {
  state_ = State::answering;
  stream_.expires_never();
  keep_alive_ = request.keep_alive();
  head_ = request.method() == http::verb::head;
  gone_ = std::make_shared<std::atomic<bool>>(false);
  watch();
  const boost::beast::string_view target = request.target();
  HttpRequest plain{.method = text_of(request.method_string()),
                    .path = path_of({target.data(), target.size()}),
                    .body = std::move(request.body()),
                    .authorization = text_of(request[http::field::authorization]),
                    .content_type = text_of(request[http::field::content_type]),
                    .origin = text_of(request[http::field::origin]),
                    .client = number_,
                    .gone = gone_};
  const HttpAnswer answer = [self = shared_from_this()](HttpResponse response) {
    asio::post(self->stream_.get_executor(),
               [self, response = std::move(response)]() mutable { self->write(std::move(response)); });
  };
  host_.on_worker(
      [this, self = shared_from_this(), plain = std::move(plain), answer] { host_.handler(plain, answer); });
}

/// Sees while an answer is made that the client closes the connection.
void Connection::watch() {
  stream_.socket().async_wait(StreamSocket::wait_read, [self = shared_from_this(),
                                                        gone = gone_](error_code error) {
    if (error) gone->store(true);
    if (error || self->gone_ != gone || self->state_ != State::answering) return;
    char next = 0;
    const ssize_t count = ::recv(self->stream_.socket().native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
    // Something is there to be read where the next request was sent already.
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) gone->store(true);
  });
}

void Connection::write(HttpResponse response) {
  if (state_ == State::ending) return;
  keep_alive_ = keep_alive_ && !host_.draining.load();
  response_.emplace(static_cast<http::status>(response.status), 11);
  response_->set(http::field::server, "transkimmer");
  if (!response.content_type.empty()) response_->set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) response_->set(name, value);
  response_->keep_alive(keep_alive_);
  response_->body() = std::move(response.body);
  response_->prepare_payload();
  if (head_) response_->body().clear();
  state_ = keep_alive_ ? State::answering : State::ending;
  stream_.expires_after(host_.options.write_timeout);
  http::async_write(stream_, *response_,
                    [self = shared_from_this()](error_code error, std::size_t) { self->on_written(error); });
}

void Connection::on_written(error_code error) {
  response_.reset();
  if (error) return stream_.close();
  if (!keep_alive_) {
    stream_.socket().shutdown(StreamSocket::shutdown_send, error);
    stream_.expires_after(kLongestLinger);
    return linger();
  }
  read_header();
  if (host_.draining.load()) close_if_idle();
}

void Connection::refuse(error_code error) {
  const int status = status_of(error);
  if (status == 0) return stream_.close();
  keep_alive_ = false;
  write(host_.refusal(status, error.message()));
}

void Connection::linger() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(std::size_t{1} << 16),
                          [self = shared_from_this()](error_code error, std::size_t count) {
                            self->discarded_ += count;
                            if (error || self->discarded_ > kMostDiscarded) return self->stream_.close();
                            self->linger();
                          });
}

}  // namespace transkimmer
