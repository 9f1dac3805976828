#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace transkimmer {

/// A file that grows until it is whole and gets its name. Closed on destruction; what is in it stays.
class PartialFile {
 public:
  /// Opens it, or makes it. Throws IoError.
  explicit PartialFile(std::filesystem::path path);
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;
  ~PartialFile();

  std::uint64_t size() const { return size_; }
  /// Throws IoError; where the disk is full, the file is removed before.
  void append(std::string_view bytes);
  /// Throws IoError.
  void clear();
  /// Flushed to disk, then renamed. Throws IoError.
  void become(const std::filesystem::path& name);
  void remove();

 private:
  [[noreturn]] void fail(const char* action, int error_number) const;

  std::filesystem::path path_;
  int descriptor_ = -1;
  std::uint64_t size_ = 0;
};

}  // namespace transkimmer
