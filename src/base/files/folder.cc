#include "base/files/folder.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "base/files/file.h"
#include "base/files/io_failure.h"

namespace transkimmer {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, Depth depth) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  for (const decltype(entry) end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const bool hidden = entry->path().filename().native().starts_with('.');
    if (entry->is_directory(ignored) && (hidden || depth == Depth::folder)) entry.disable_recursion_pending();
    if (!hidden && entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  if (error) throw_io_failure(folder.string(), "list the directory", error.value());
  std::ranges::sort(files, {}, [](const std::filesystem::path& path) { return path.native(); });
  return files;
}

std::string lower_case_extension(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char character) { return static_cast<char>(std::tolower(character)); });
  return extension;
}

void require_writable(const std::filesystem::path& path) {
  if (directory_exists(path)) throw_io_failure(path.string(), "write", EISDIR);
  // A device or a pipe is written to itself, and nothing is put in its place.
  std::error_code ignored;
  const bool is_other = std::filesystem::is_other(path, ignored);
  if (is_other && ::access(path.c_str(), W_OK) != 0) throw_io_failure(path.string(), "write", errno);
  if (is_other) return;
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  if (::access(parent.c_str(), W_OK | X_OK) != 0) throw_io_failure(path.string(), "create", errno);
}

}  // namespace transkimmer
