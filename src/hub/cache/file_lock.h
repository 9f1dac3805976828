#pragma once

#include <filesystem>
#include <optional>

#include "base/notice.h"

namespace transkimmer {

/// The right to write what a lock file stands for, among all processes that ask for it by flock(2) as
/// huggingface_hub does. The file stays: removing it could let two in. Movable, given back on destruction and
/// when the process ends, however it ends.
class FileLock {
 public:
  /// Waits until it is free, and tells `notices` once that it does. Makes the folder. Throws IoError.
  static FileLock wait_for(const std::filesystem::path& path, const NoticeHandler& notices = {});
  /// Nothing when another has it. Throws IoError.
  static std::optional<FileLock> try_for(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  /// False on a file system that knows no locks: then another may write, too.
  bool exclusive() const { return exclusive_; }

 private:
  FileLock(int descriptor, bool exclusive) : descriptor_(descriptor), exclusive_(exclusive) {}

  int descriptor_;
  bool exclusive_;
};

}  // namespace transkimmer
