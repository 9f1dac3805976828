#include "hub/cache/folder_contents.h"

#include <algorithm>
#include <system_error>

#include "base/files/file.h"
#include "base/files/io_failure.h"

namespace transkimmer {

namespace fs = std::filesystem;

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> entries;
  if (!directory_exists(folder)) return entries;
  std::error_code error;
  for (auto at = fs::directory_iterator(folder, error); !error && at != fs::directory_iterator();
       at.increment(error))
    entries.push_back(at->path());
  if (error) throw_io_failure(folder.string(), "read", error.value());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::path& entry : entries_of(folder)) {
    if (fs::is_directory(fs::symlink_status(entry))) {
      const std::vector<fs::path> below = files_below(entry);
      files.insert(files.end(), below.begin(), below.end());
    } else {
      files.push_back(entry);
    }
  }
  return files;
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code none;
  const std::uintmax_t size = fs::file_size(file, none);
  return none ? 0 : size;
}

std::uint64_t own_size_of(const fs::path& file) {
  return fs::is_symlink(fs::symlink_status(file)) ? 0 : size_of(file);
}

}  // namespace transkimmer
