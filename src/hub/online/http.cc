#include "hub/online/http.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>

#include <curl/curl.h>
#include <fmt/format.h>

#include "hub/online/address.h"
#include "model_files/json/json.h"

namespace transkimmer {
namespace {

/// Of an error's page, for a message.
constexpr std::size_t kMaxErrorBody = 64 << 10;
constexpr std::size_t kMaxHeaders = 256 << 10;
/// A transfer may be slower than this for no longer than the time-out.
constexpr long kLeastBytesPerSecond = 1;

void begin_curl() {
  static const CURLcode begun = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (begun != CURLE_OK) throw Error(fmt::format("libcurl cannot begin: {}", curl_easy_strerror(begun)));
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

/// What libcurl's callbacks fill. An exception cannot pass through libcurl, and waits here.
struct Transfer {
  const BodySink* sink = nullptr;
  CURL* handle = nullptr;
  HttpAnswer answer;
  std::size_t header_bytes = 0;
  std::exception_ptr failure;

  void take_header(std::string_view line) {
    header_bytes += line.size();
    if (header_bytes > kMaxHeaders) throw FormatError("the answer's headers are too long");
    // Each answer begins anew: that of a proxy stands before the server's.
    if (line.starts_with("HTTP/")) return answer.headers.clear();
    const std::size_t colon = line.find(':');
    if (colon != line.npos)
      answer.headers[lower_case(trimmed(line.substr(0, colon)))] = trimmed(line.substr(colon + 1));
  }

  void take_body(std::string_view bytes) {
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
    const bool success = answer.status >= 200 && answer.status < 300;
    if (success && *sink) return (*sink)(answer, bytes);
    const std::size_t most = success ? kMaxSettingsBytes : kMaxErrorBody;
    if (success && answer.body.size() + bytes.size() > most)
      throw FormatError(fmt::format("the answer is longer than {} bytes", most));
    answer.body += bytes.substr(0, most - std::min(most, answer.body.size()));
  }
};

/// Anything but the number of bytes ends the transfer.
constexpr std::size_t kStop = 0;

template <void (Transfer::*take)(std::string_view)>
std::size_t callback(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  try {
    (transfer.*take)({data, size * count});
    return size * count;
  } catch (...) {
    transfer.failure = std::current_exception();
    return kStop;
  }
}

/// curl's program reads these names, the library none.
std::string certificates() {
  for (const char* const name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"})
    if (const char* const file = std::getenv(name); file != nullptr && *file != '\0') return file;
  return {};
}

using Headers = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

Headers headers_of(const HttpRequest& request) {
  curl_slist* list = nullptr;
  if (!request.token.empty())
    list = curl_slist_append(list, ("Authorization: Bearer " + request.token).c_str());
  if (request.first_byte > 0)
    list = curl_slist_append(list, fmt::format("Range: bytes={}-", request.first_byte).c_str());
  // Sizes and ranges are those of the file itself.
  list = curl_slist_append(list, "Accept-Encoding: identity");
  return {list, curl_slist_free_all};
}

void prepare(CURL* handle, const HttpRequest& request, Transfer& transfer) {
  curl_easy_reset(handle);
  const auto seconds = static_cast<long>(request.timeout.count());
  curl_easy_setopt(handle, CURLOPT_URL, request.address.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_NOBODY, request.head ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "transkimmer");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // signals are not ours in a library
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, seconds);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, kLeastBytesPerSecond);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, seconds);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback<&Transfer::take_header>);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback<&Transfer::take_body>);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer);
  if (const std::string file = certificates(); !file.empty())
    curl_easy_setopt(handle, CURLOPT_CAINFO, file.c_str());
}

/// What no other attempt would mend, and the rest.
[[noreturn]] void throw_failure(CURLcode code, const std::string& message) {
  constexpr std::array kFinal = {
      CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_PEER_FAILED_VERIFICATION,
      CURLE_SSL_CACERT_BADFILE,   CURLE_URL_MALFORMAT,         CURLE_UNSUPPORTED_PROTOCOL};
  if (std::find(kFinal.begin(), kFinal.end(), code) != kFinal.end()) throw IoError(message);
  throw ConnectionError(message);
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

bool HttpAnswer::is_redirect() const {
  constexpr std::array kRedirects = {301L, 302L, 303L, 307L, 308L};
  return std::find(kRedirects.begin(), kRedirects.end(), status) != kRedirects.end();
}

struct HttpConnection::Handle {
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl{curl_easy_init(), curl_easy_cleanup};
};

HttpConnection::HttpConnection() {
  begin_curl();
  handle_ = std::make_shared<Handle>();
  if (!handle_->curl) throw Error("libcurl cannot begin: out of memory");
}

HttpAnswer HttpConnection::ask(const HttpRequest& request, const BodySink& sink) {
  CURL* const handle = handle_->curl.get();
  Transfer transfer;
  transfer.sink = &sink;
  transfer.handle = handle;
  prepare(handle, request, transfer);
  const Headers headers = headers_of(request);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
  std::array<char, CURL_ERROR_SIZE> message{};
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message.data());
  const CURLcode code = curl_easy_perform(handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (code != CURLE_OK)
    throw_failure(code, fmt::format("{}: {}", Address::parse(request.address).origin,
                                    message[0] != '\0' ? message.data() : curl_easy_strerror(code)));
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &transfer.answer.status);
  return std::move(transfer.answer);
}

}  // namespace transkimmer
