#include "hub/online/partial_file.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files/io_failure.h"

namespace transkimmer {

PartialFile::PartialFile(std::filesystem::path path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  struct stat status = {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) fail("open", errno);
  size_ = static_cast<std::uint64_t>(status.st_size);
}

PartialFile::~PartialFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void PartialFile::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error_number = errno;
      if (error_number == ENOSPC || error_number == EDQUOT) remove();
      fail("write", error_number);
    }
    size_ += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void PartialFile::clear() {
  if (::ftruncate(descriptor_, 0) != 0) fail("empty", errno);
  size_ = 0;
}

void PartialFile::become(const std::filesystem::path& name) {
  if (::fsync(descriptor_) != 0) fail("write", errno);
  std::error_code error;
  std::filesystem::rename(path_, name, error);
  if (error) fail("rename", error.value());
}

void PartialFile::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void PartialFile::fail(const char* action, int error_number) const {
  throw_io_failure(path_.string(), action, error_number);
}

}  // namespace transkimmer
