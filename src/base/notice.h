#pragma once

#include <functional>
#include <string>

namespace transkimmer {

/// How the library tells its caller something worth one line (fresh weights, a truncated question): the
/// library itself never prints. An empty handler drops the notice.
using NoticeHandler = std::function<void(const std::string&)>;

/// Gives `message` to the handler, unless that is empty.
inline void notify(const NoticeHandler& handler, const std::string& message) {
  if (handler) handler(message);
}

}  // namespace transkimmer
