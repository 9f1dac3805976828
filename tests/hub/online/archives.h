#pragma once

#include <string>
#include <vector>

namespace transkimmer::test {

/// What an archive has under a name.
struct ArchiveEntry {
  std::string path;
  std::string content = {};
  std::string link = {};       ///< a symbolic link to there
  std::string hard_link = {};  ///< a hard link
  bool folder = false;
  bool device = false;  ///< a named pipe
};

enum class ArchiveKind { zip, tar, tar_gz, tar_bz2, tar_xz };
/// "zip", "tar.gz", ...: how the name of such an archive ends.
std::string ending_of(ArchiveKind kind);

/// The bytes of an archive that has these entries, however bad they are.
std::string archive_of(ArchiveKind kind, const std::vector<ArchiveEntry>& entries);

}  // namespace transkimmer::test
