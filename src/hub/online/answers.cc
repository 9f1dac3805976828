#include "hub/online/answers.h"

#include <algorithm>
#include <ctime>
#include <optional>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/strings/numbers.h"
#include "hub/online/address.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// What Retry-After says: seconds, or the date until which to wait. Nothing for other text.
std::optional<std::chrono::seconds> asked_pause(const HttpAnswer& answer) {
  const std::string text = answer.header("retry-after");
  if (text.empty()) return std::nullopt;
  if (const auto seconds = parse_integer(text)) {
    if (*seconds < 0) return std::nullopt;
    return std::chrono::seconds(*seconds);
  }
  const std::time_t date = curl_getdate(text.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return std::chrono::seconds(std::max<std::time_t>(date - std::time(nullptr), 0));
}

}  // namespace

bool may_pass(long status) {
  return status == 408 || status == 429 || status == 500 || status == 502 || status == 503 || status == 504;
}

std::chrono::milliseconds pause_before(int attempt, const HttpAnswer& answer, const HubSettings& settings,
                                       const std::string& origin) {
  if (const auto asked = asked_pause(answer)) {
    if (*asked > settings.longest_pause)
      throw IoError(
          fmt::format("{}: asks to wait {} s before the next request (HTTP status {}); try again then",
                      origin, asked->count(), answer.status));
    return *asked;
  }
  constexpr int kMostDoublings = 10;
  return std::min(settings.first_pause * (1 << std::min(attempt - 1, kMostDoublings)),
                  settings.longest_pause);
}

void require_no_web_page(const HttpAnswer& answer, const std::string& address,
                         const std::string& else_because) {
  const std::size_t begin = answer.body.find_first_not_of(" \t\r\n");
  const bool looks_so = begin != answer.body.npos && answer.body[begin] == '<';
  if (!looks_so && !answer.header("content-type").starts_with("text/html")) return;
  throw FormatError(
      fmt::format("{}: answers with a web page where none is expected: does this network want a login in a "
                  "browser first, or {}?",
                  Address::parse(address).origin, else_because));
}

}  // namespace transkimmer
