#include "hub/cache/file_lock.h"

#include <cerrno>
#include <chrono>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files/file.h"
#include "base/files/io_failure.h"

namespace transkimmer {
namespace {

constexpr std::chrono::milliseconds kBetweenTries{50};
/// Others of the group who share the cache may wait for it, too.
constexpr mode_t kMode = 0664;

int open_lock(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
  if (descriptor < 0) throw_io_failure(path.string(), "open", errno);
  return descriptor;
}

/// Whether the path still names the open file: some who take such locks remove the file as they leave.
bool is_still_there(int descriptor, const std::filesystem::path& path) {
  struct stat opened = {};
  struct stat named = {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

}  // namespace

std::optional<FileLock> FileLock::try_for(const std::filesystem::path& path) {
  make_directory(path.parent_path());
  while (true) {
    FileLock lock(open_lock(path), true);
    if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK || errno == EINTR) return std::nullopt;
      lock.exclusive_ = false;
      return lock;
    }
    if (is_still_there(lock.descriptor_, path)) return lock;
  }
}

FileLock FileLock::wait_for(const std::filesystem::path& path, const NoticeHandler& notices) {
  for (bool told = false;; told = true) {
    if (auto lock = try_for(path)) return std::move(*lock);
    if (!told) notify(notices, fmt::format("waiting for another process that holds {}", path.string()));
    std::this_thread::sleep_for(kBetweenTries);
  }
}

FileLock::FileLock(FileLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), exclusive_(other.exclusive_) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(exclusive_, other.exclusive_);
  return *this;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace transkimmer
