#pragma once

#include <chrono>
#include <string>

#include "hub/names/settings.h"
#include "hub/online/http.h"

namespace transkimmer {

// What answers mean, whoever gives them.

/// Whether the same request may succeed later: too many requests, or a server that fails.
bool may_pass(long status);

/// How long to wait before the next attempt (the first is 1) at `origin`: as the answer's Retry-After says,
/// in seconds or as a date, or twice as long each time. Throws IoError when a server asks for more than is
/// waited.
std::chrono::milliseconds pause_before(int attempt, const HttpAnswer& answer, const HubSettings& settings,
                                       const std::string& origin);

/// Throws FormatError when an answer is a web page: a network's login stands between us and the server, or,
/// as `else_because` says, something else is the matter.
void require_no_web_page(const HttpAnswer& answer, const std::string& address,
                         const std::string& else_because);

}  // namespace transkimmer
