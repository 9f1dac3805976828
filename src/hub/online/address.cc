#include "hub/online/address.h"

#include <memory>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using Url = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

[[noreturn]] void fail(const std::string& text) {
  throw FormatError(fmt::format("{}: is no address that begins with https:// or http://", in_quotes(text)));
}

/// Relative to what the handle holds, if anything.
void set(CURLU* url, const std::string& text, const std::string& shown) {
  if (curl_url_set(url, CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) fail(shown);
}

/// Nothing for a part that is not there, or a port that is the usual one.
std::optional<std::string> find_part(CURLU* url, CURLUPart which) {
  char* value = nullptr;
  if (curl_url_get(url, which, &value, CURLU_NO_DEFAULT_PORT) != CURLUE_OK) return std::nullopt;
  std::string copy = value;
  curl_free(value);
  return copy;
}

std::string part(CURLU* url, CURLUPart which, const std::string& shown) {
  const std::optional<std::string> found = find_part(url, which);
  if (!found) fail(shown);
  return *found;
}

Address taken_apart(CURLU* url, const std::string& shown) {
  Address address;
  address.scheme = part(url, CURLUPART_SCHEME, shown);
  if (address.scheme != "https" && address.scheme != "http") fail(shown);
  address.host = part(url, CURLUPART_HOST, shown);
  address.origin = address.scheme + "://" + address.host;
  if (const auto port = find_part(url, CURLUPART_PORT)) address.origin += ":" + *port;
  address.text = part(url, CURLUPART_URL, shown);
  return address;
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || kept.find(c) != kept.npos) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

}  // namespace

Address Address::parse(const std::string& text) {
  const Url url(curl_url(), curl_url_cleanup);
  set(url.get(), text, text);
  return taken_apart(url.get(), text);
}

Address Address::redirected_to(const std::string& location) const {
  const Url url(curl_url(), curl_url_cleanup);
  set(url.get(), text, text);
  set(url.get(), location, location);
  return taken_apart(url.get(), location);
}

void require_safe_redirect(const Address& from, const Address& to) {
  if (from.scheme == "https" && to.scheme != "https")
    throw IoError(
        fmt::format("{}: sends on to {} without encryption, where anyone on the way could change what "
                    "arrives; not followed",
                    from.origin, to.origin));
}

std::string as_address_part(std::string_view text) {
  return percent_encoded(text, "-._~");
}

std::string as_address_path(std::string_view path) {
  return percent_encoded(path, "-._~/");
}

}  // namespace transkimmer
