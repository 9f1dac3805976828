#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace transkimmer {

/// Whether this process has read the file, by this name or another: for commands that must not replace what
/// they read.
bool was_read(const std::filesystem::path& path);
/// Where write_file_atomically would write: without symbolic links, but for a descriptor's. Throws IoError
/// for links that lead in a circle.
std::filesystem::path destination_of(const std::filesystem::path& path);

/// Whether a file or directory of this name is there. A broken link, or one that leads to itself, is none.
bool path_exists(const std::filesystem::path& path) noexcept;
/// Whether a directory of this name, or a link to one, is there. What cannot be looked up is none.
bool directory_exists(const std::filesystem::path& path) noexcept;
/// Whether it holds nothing, or is none. Throws IoError when it cannot be read.
bool is_empty_directory(const std::filesystem::path& path);

/// Makes a directory and those above it, where they are not there. Throws IoError.
void make_directory(const std::filesystem::path& path);
/// Removes a file, or a directory with all below it; nothing happens where there is none. Throws IoError.
void remove_recursively(const std::filesystem::path& path);

/// The whole file as bytes. Throws IoError naming the path; FormatError when it is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = UINT64_MAX);

/// A read-only memory map of a whole file; an empty file maps to an empty span. Movable, unmapped on
/// destruction.
class MappedFile {
 public:
  /// Throws IoError naming the path.
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Writes a file so that readers see either the old content or the whole new one: `write` fills a temporary
/// file beside `path`, which is flushed to disk and renamed. If `write` throws or the disk is full, `path` is
/// untouched and the temporary file is removed. A symbolic link stays, and what it leads to is written; what
/// is no regular file (a pipe, /dev/stdout) is written to as it is. Throws IoError naming the path.
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(std::ostream&)>& write);
/// The same, of a file that holds `content`.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

}  // namespace transkimmer
