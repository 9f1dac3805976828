#pragma once

#include <string>
#include <string_view>

namespace transkimmer {

/// An http or https address taken apart.
struct Address {
  std::string text;    ///< all of it
  std::string scheme;  ///< "https"
  std::string origin;  ///< scheme, host and any unusual port: "https://example.org"
  std::string host;

  /// Throws FormatError for what is no such address.
  static Address parse(const std::string& text);
  /// What the header Location of an answer from here means. Throws FormatError.
  Address redirected_to(const std::string& location) const;
};

/// Throws IoError for a redirect that leaves https for plain http: anyone on the way could then change what
/// arrives.
void require_safe_redirect(const Address& from, const Address& to);

/// A part of an address, or a revision, as it stands between slashes: "refs/pr/1" is "refs%2Fpr%2F1".
std::string as_address_part(std::string_view text);
/// The same of a path, whose slashes stay.
std::string as_address_path(std::string_view path);

}  // namespace transkimmer
