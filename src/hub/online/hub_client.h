#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "hub/names/model_name.h"
#include "hub/names/settings.h"
#include "hub/online/address.h"
#include "hub/online/content.h"
#include "hub/online/http.h"

namespace transkimmer {

/// What the Hub says of a model.
struct ModelListing {
  std::string commit;           ///< what the name's revision is now
  std::set<std::string> files;  ///< paths that stay below the model's folder
};

/// A file of one commit.
struct RemoteFile {
  std::string name;
  std::string etag = {};  ///< a plain name: SHA-256 or git's hash on the Hub, anything on other servers
  std::uint64_t size = 0;
  std::string address;  ///< where its content comes from
};

/// Speaks the Hub's routes. A token goes to the endpoint's own host alone, whatever is redirected where. For
/// one thread at a time.
///
/// Its functions throw ConnectionError when there is no answer after all attempts; IoError for a refusal (no
/// such model or revision, gated, too many requests, a failing server), a redirect that is not followed, or
/// too many of them; FormatError for an answer that is none of the Hub's, a web page, say.
class HubClient {
 public:
  explicit HubClient(HubSettings settings);

  ModelListing list(const ModelName& name);
  RemoteFile look_up(const ModelName& name, const std::string& commit, const std::string& file);
  /// One attempt at a content from a byte on. Comes back with a success, or with a refusal that may pass;
  /// throws what content.refuse does for others.
  HttpAnswer read(const Content& content, std::uint64_t first_byte, const BodySink& sink);

  const HubSettings& settings() const { return settings_; }

 private:
  struct Followed {
    HttpAnswer answer;    ///< the last one, with what those before it said of commit and linked file
    std::string address;  ///< where a redirect away led, or who answered
  };
  Followed follow(HttpRequest request, const BodySink& sink);
  Followed insist(const HttpRequest& request, int attempts);

  HubSettings settings_;
  Address endpoint_;
  HttpConnection connection_;
};

/// What a web page in place of an answer of the Hub may mean beside a network's login.
inline constexpr const char* kNoHub = "is HF_ENDPOINT no Hub";

/// Throws the IoError that says what a refusal means and what to do about it.
[[noreturn]] void throw_refusal(const HttpAnswer& answer, const ModelName& name, const HubSettings& settings);

}  // namespace transkimmer
