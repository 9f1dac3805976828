#include "base/files/input_reader.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files/io_failure.h"

namespace transkimmer {

InputReader::InputReader(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {
  struct stat status {};
  if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) throw_io_failure(name_, "open", errno);
  if (!S_ISDIR(status.st_mode)) return;
  ::close(descriptor_);
  throw_io_failure(name_, "open", EISDIR);
}

InputReader::InputReader(const std::filesystem::path& path)
    : InputReader(path.string(), ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}

InputReader InputReader::standard_input() {
  return {"standard input", ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)};
}

InputReader::InputReader(InputReader&& other) noexcept
    : name_(std::move(other.name_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

InputReader& InputReader::operator=(InputReader&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

InputReader::~InputReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t InputReader::append_to(std::string& out, std::size_t max_bytes) {
  const std::size_t before = out.size();
  out.resize(before + max_bytes);
  ssize_t count = -1;
  do {
    count = ::read(descriptor_, out.data() + before, max_bytes);
  } while (count < 0 && errno == EINTR);
  const int error_number = errno;
  out.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) throw_io_failure(name_, "read", error_number);
  return static_cast<std::size_t>(count);
}

bool InputReader::ready() const {
  pollfd request{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&request, 1, 0) > 0;
}

}  // namespace transkimmer
