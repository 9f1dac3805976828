#include "hub/names/data_source.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/fnv1a.h"
#include "hub/names/addresses.h"

namespace transkimmer {

bool is_archive(std::string_view name) {
  constexpr std::array<std::string_view, 6> kEndings = {".zip", ".tar",     ".tar.gz",
                                                        ".tgz", ".tar.bz2", ".tar.xz"};
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string data_address(std::string_view text) {
  if (text.starts_with("https://") || text.starts_with("http://")) return std::string(text);
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return {};
  for (const DataHost& host : kDataHosts)
    if (host.name == text.substr(0, colon))
      return std::string(host.address) + std::string(text.substr(colon + 1));
  return {};
}

std::string data_host_names() {
  std::string names;
  for (const DataHost& host : kDataHosts) names += (names.empty() ? "" : ", ") + std::string(host.name);
  return names;
}

std::string source_key(const DataSource& source) {
  Fnv1a hash;
  for (const PublishedFile& file : source.files) {
    hash.add(file.name + "\n");
    // A hash says all of a content; where there is none, the place has to.
    hash.add(file.sha256.empty() && !file.addresses.empty() ? file.addresses.front() : file.sha256);
    hash.add("\n");
  }
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash.value() ^ (hash.value() >> 32)));
}

}  // namespace transkimmer
