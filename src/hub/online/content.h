#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "hub/online/http.h"

namespace transkimmer {

/// A content that is to come from an address.
struct Content {
  std::string name;                        ///< for messages
  std::string address;                     ///< redirects are followed
  std::optional<std::uint64_t> size = {};  ///< in bytes, as stated; without, what the server says
  std::string hash = {};  ///< as stated: SHA-256 or git's of a blob, by its length; other text is not checked
  /// What a web page in its place may mean beside a network's login, as the end of a question.
  std::string else_because;
  /// Throws what an answer means that is no success, in the words of those who wanted the content.
  std::function<void(const HttpAnswer& answer)> refuse;
};

}  // namespace transkimmer
