#include "base/files/file.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files/descriptor_stream.h"
#include "base/files/io_failure.h"
#include "base/strings/numbers.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view action, int error_number) {
  throw_io_failure(path.string(), action, error_number);
}

/// An open file descriptor, closed on destruction.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }
  /// Closes now and returns what close() says, for writers who must know.
  int close() { return ::close(std::exchange(number_, -1)); }

 private:
  int number_;
};

struct OpenedFile {
  Descriptor descriptor;
  struct stat status;
};

/// The files that this process has opened for reading, by what they are and not by name.
class FilesRead {
 public:
  void add(const struct stat& status) {
    const std::lock_guard lock(mutex_);
    files_.emplace(status.st_dev, status.st_ino);
  }
  bool has(const struct stat& status) const {
    const std::lock_guard lock(mutex_);
    return files_.contains({status.st_dev, status.st_ino});
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::pair<dev_t, ino_t>> files_;
};

FilesRead& files_read() {
  static FilesRead files;
  return files;
}

OpenedFile open_for_reading(const std::filesystem::path& path) {
  OpenedFile file{Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), {}};
  if (file.descriptor.number() < 0) fail(path, "open", errno);
  if (::fstat(file.descriptor.number(), &file.status) != 0) fail(path, "open", errno);
  if (S_ISDIR(file.status.st_mode)) fail(path, "open", EISDIR);
  files_read().add(file.status);
  return file;
}

/// Makes the rename itself survive a power cut. Not every file system can; the new content is then still
/// consistent.
void flush_directory_of(const std::filesystem::path& path) {
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : ".";
  const Descriptor directory(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() >= 0) ::fsync(directory.number());
}

/// Creates a file that did not exist, named after `target`; its permissions are what the umask leaves of
/// 0666, as for any file a program creates (mkstemp would give 0600, and a served model is read by another
/// user).
std::string create_beside(const std::filesystem::path& target, int& descriptor) {
  static std::atomic<unsigned> counter = 0;
  for (;;) {
    std::string name = fmt::format("{}.{}-{}.tmp", target.string(), ::getpid(), counter++);
    descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return name;
    if (errno != EEXIST) fail(target, "create", errno);
  }
}

/// One of this process's own descriptors: /dev/stdout and its like lead to it.
std::optional<int> own_descriptor(const std::filesystem::path& path) {
  const std::string parent = path.parent_path().string();
  const bool is_own = parent == "/proc/self/fd" || parent == fmt::format("/proc/{}/fd", ::getpid());
  if (!is_own) return std::nullopt;
  const auto number = parse_integer(path.filename().string());
  return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
}

/// Follows symbolic links, but none of a descriptor, which is to be written to and not the file behind it.
std::filesystem::path followed(const std::filesystem::path& path) {
  constexpr int kMostLinks = 40;  // as many as Linux follows
  std::filesystem::path destination = path;
  std::error_code error;
  for (int i = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(destination, error)); ++i) {
    if (i == kMostLinks) fail(path, "write", ELOOP);
    const std::filesystem::path folder = std::filesystem::weakly_canonical(destination.parent_path(), error);
    if (!error && own_descriptor(folder / destination.filename())) return folder / destination.filename();
    const std::filesystem::path target = std::filesystem::read_symlink(destination, error);
    if (error) fail(path, "write", error.value());
    destination = destination.parent_path() / target;
  }
  return destination;
}

/// A pipe, a terminal, a device: it stays what it is, and takes what is written.
bool takes_a_stream(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

void write_to(int descriptor, const std::filesystem::path& path,
              const std::function<void(std::ostream&)>& write) {
  DescriptorBuffer buffer(descriptor);
  std::ostream stream(&buffer);
  write(stream);
  stream.flush();
  if (!stream) fail(path, "write", buffer.error_number() != 0 ? buffer.error_number() : EIO);
}

/// A new empty file beside its target; removed on destruction unless it was renamed over the target.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target) : target_(target) {
    int number = -1;
    name_ = create_beside(target, number);
    descriptor_ = Descriptor(number);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(name_.c_str());
  }

  int number() const { return descriptor_.number(); }

  void rename_over_target() {
    if (::fsync(number()) != 0) fail(target_, "write", errno);
    if (descriptor_.close() != 0) fail(target_, "write", errno);
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_, "replace", errno);
    renamed_ = true;
    flush_directory_of(target_);
  }

 private:
  const std::filesystem::path target_;
  std::string name_;
  Descriptor descriptor_;
  bool renamed_ = false;
};

}  // namespace

bool was_read(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && files_read().has(status);
}

std::filesystem::path destination_of(const std::filesystem::path& path) {
  std::error_code error;
  const std::filesystem::path destination = followed(path);
  const std::filesystem::path whole = std::filesystem::weakly_canonical(destination, error);
  return error ? destination : whole;
}

bool path_exists(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool directory_exists(const std::filesystem::path& path) noexcept {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool is_empty_directory(const std::filesystem::path& path) {
  if (!directory_exists(path)) return true;
  std::error_code error;
  const bool empty = std::filesystem::is_empty(path, error);
  if (error) fail(path, "read the directory", error.value());
  return empty;
}

void make_directory(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) fail(path, "create the directory", error.value());
}

void remove_recursively(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) fail(path, "remove", error.value());
}

std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  const OpenedFile file = open_for_reading(path);
  std::string content;
  // The status tells the size of regular files only (a pipe or /proc has none), so it is a hint, not a limit.
  if (file.status.st_size > 0 && static_cast<std::uint64_t>(file.status.st_size) <= max_bytes)
    content.reserve(static_cast<std::size_t>(file.status.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(file.descriptor.number(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(path, "read", errno);
    if (count == 0) return content;
    content.append(buffer, static_cast<std::size_t>(count));
    if (content.size() > max_bytes)
      throw FormatError(fmt::format("{}: file is larger than {} bytes", path.string(), max_bytes));
  }
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const OpenedFile file = open_for_reading(path);
  if (!S_ISREG(file.status.st_mode)) throw IoError(path.string() + ": cannot map: not a regular file");
  const auto size = static_cast<std::size_t>(file.status.st_size);
  if (size == 0) return;
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor.number(), 0);
  if (memory == MAP_FAILED) fail(path, "map", errno);
  data_ = static_cast<const std::byte*>(memory);
  size_ = size;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(std::ostream&)>& write) {
  const std::filesystem::path destination = followed(path);
  const std::optional<int> own = own_descriptor(destination);
  if (own || takes_a_stream(destination)) {
    const Descriptor stream(own ? ::dup(*own) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (stream.number() < 0) fail(path, "write", errno);
    return write_to(stream.number(), path, write);
  }
  TemporaryFile temporary(destination);
  write_to(temporary.number(), path, write);
  temporary.rename_over_target();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view content) {
  write_file_atomically(path, [content](std::ostream& stream) {
    stream.write(content.data(), static_cast<std::streamsize>(content.size()));
  });
}

}  // namespace transkimmer
