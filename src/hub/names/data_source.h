#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace transkimmer {

/// A file that the authors of a data set, or who mirrors them, publish.
struct PublishedFile {
  std::string name;                         ///< a plain name, which it has on disk: "SST-2.zip"
  std::vector<std::string> addresses = {};  ///< that have it, tried in this order
  std::uint64_t size = 0;                   ///< in bytes; 0: not known
  std::string sha256 = {};                  ///< in lower-case hexadecimal digits; empty: not known
};

/// Where a data set comes from.
struct DataSource {
  std::vector<PublishedFile> files = {};  ///< archives are unpacked; none: it cannot be fetched
  std::string licence = {};               ///< a line for a person
  std::string citation = {};              ///< the same
};

/// Whether a file of this name is an archive, which is unpacked once it is here: .zip, .tar, .tar.gz, .tgz,
/// .tar.bz2, .tar.xz.
bool is_archive(std::string_view name);

/// The address that "glue:SST-2.zip" (a host of addresses.h and a path there) or "https://..." means; empty
/// for a host that is not known, and for other text.
std::string data_address(std::string_view text);
/// The names of the hosts, for messages: "glue, squad, ...".
std::string data_host_names();

/// Eight hexadecimal digits that tell one source from another: the same where files and their hashes are the
/// same, whatever else is said of them.
std::string source_key(const DataSource& source);

}  // namespace transkimmer
