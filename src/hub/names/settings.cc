#include "hub/names/settings.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "hub/names/addresses.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// A day; a longer wait is a mistake.
constexpr std::int64_t kLongestTimeout = 86'400;
/// A token has some forty characters.
constexpr std::uint64_t kMaxTokenBytes = 4096;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// The first that is set and not empty.
std::string first_of(const char* name, const char* other) {
  const std::string value = variable(name);
  return value.empty() ? variable(other) : value;
}

bool is_on(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

fs::path home() {
  const std::string home = variable("HOME");
  return home.empty() ? fs::path("/") : fs::path(home);
}

/// "~/x" as the shell reads it: variables that come from a file were seen by none.
fs::path expanded(const std::string& path) {
  if (path == "~") return home();
  return path.starts_with("~/") ? home() / path.substr(2) : fs::path(path);
}

fs::path path_of(const char* name, const fs::path& otherwise) {
  const std::string value = variable(name);
  return value.empty() ? otherwise : expanded(value);
}

std::chrono::seconds seconds_of(const char* name, std::chrono::seconds otherwise) {
  const std::string value = variable(name);
  if (value.empty()) return otherwise;
  const auto seconds = parse_integer(value);
  if (!seconds || *seconds < 1 || *seconds > kLongestTimeout)
    throw UsageError(
        fmt::format("{}: expected seconds, from 1 to {}, found {}", name, kLongestTimeout, in_quotes(value)));
  return std::chrono::seconds(*seconds);
}

std::string hub_address() {
  std::string address = variable("HF_ENDPOINT");
  if (address.empty()) address = kHubAddress;
  while (address.ends_with('/')) address.pop_back();
  if (!address.starts_with("https://") && !address.starts_with("http://"))
    throw UsageError(
        fmt::format("HF_ENDPOINT: expected an address that begins with https:// or http://, found {}",
                    in_quotes(address)));
  return address;
}

/// Without spaces and line ends around it. One with a line end in it would add headers of its own.
std::string clean_token(std::string token, const std::string& origin) {
  constexpr std::string_view kSpaces = " \t\r\n";
  token.erase(0, std::min(token.find_first_not_of(kSpaces), token.size()));
  token.erase(token.find_last_not_of(kSpaces) + 1);
  if (std::any_of(token.begin(), token.end(), [](char c) { return c <= ' ' || c > '~'; }))
    throw UsageError(origin + ": a token is one word of letters and digits, and this holds something else");
  return token;
}

std::string find_token(const fs::path& file) {
  const std::string named = first_of("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
  if (!named.empty()) return clean_token(named, "HF_TOKEN");
  if (is_on(variable("HF_HUB_DISABLE_IMPLICIT_TOKEN")) || !path_exists(file)) return {};
  return clean_token(read_file(file, kMaxTokenBytes), file.string());
}

}  // namespace

HubSettings HubSettings::from_environment() {
  const fs::path caches = path_of("XDG_CACHE_HOME", home() / ".cache");
  const fs::path hf_home = path_of("HF_HOME", caches / "huggingface");
  HubSettings settings;
  settings.endpoint = hub_address();
  settings.cache = path_of("HF_HUB_CACHE", path_of("HUGGINGFACE_HUB_CACHE", hf_home / "hub"));
  settings.data = hf_home / "transkimmer" / "datasets";
  settings.token_file = path_of("HF_TOKEN_PATH", hf_home / "token");
  settings.token = find_token(settings.token_file);
  settings.offline = is_on(first_of("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"));
  settings.links = !is_on(variable("HF_HUB_DISABLE_SYMLINKS"));
  settings.answer_timeout = seconds_of("HF_HUB_ETAG_TIMEOUT", settings.answer_timeout);
  settings.download_timeout = seconds_of("HF_HUB_DOWNLOAD_TIMEOUT", settings.download_timeout);
  return settings;
}

}  // namespace transkimmer
