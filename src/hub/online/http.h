#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "transkimmer/error.h"

namespace transkimmer {

/// No answer, or one that broke off: something that another try may mend.
class ConnectionError : public IoError {
 public:
  using IoError::IoError;
};

/// What a server is asked.
struct HttpRequest {
  std::string address;
  bool head = false;                 ///< headers alone
  std::string token = {};            ///< sent as Authorization: Bearer; empty: none
  std::uint64_t first_byte = 0;      ///< more than 0 asks for the rest from there (Range)
  std::chrono::seconds timeout{10};  ///< to connect, and without a byte
};

/// What a server answers.
struct HttpAnswer {
  long status = 0;
  std::map<std::string, std::string> headers = {};  ///< by name in lower case
  std::string body = {};                            ///< unless a sink took it; of errors the beginning

  /// Empty when it is not there.
  std::string header(const std::string& name) const;
  bool is_redirect() const;
};

/// Takes the body of an answer that is a success as it comes.
using BodySink = std::function<void(const HttpAnswer& head, std::string_view bytes)>;

/// Asks by HTTP, one request after the other, and keeps connections for the next. Proxies are those of the
/// environment (https_proxy, no_proxy, ...), certificates those of the system, of SSL_CERT_FILE or of
/// CURL_CA_BUNDLE. Redirects are the caller's to follow. For one thread at a time.
class HttpConnection {
 public:
  /// Throws Error when libcurl cannot begin.
  HttpConnection();

  /// Throws ConnectionError; IoError where another try is of no use (a host or certificate that is not
  /// known); FormatError for a body of more than 16 MiB without a sink, and what `sink` throws, which ends
  /// the transfer.
  HttpAnswer ask(const HttpRequest& request, const BodySink& sink = {});

 private:
  struct Handle;
  std::shared_ptr<Handle> handle_;
};

}  // namespace transkimmer
