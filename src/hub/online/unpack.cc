#include "hub/online/unpack.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/files/file.h"
#include "base/files/io_failure.h"
#include "base/strings/quoting.h"
#include "hub/names/model_name.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 256 << 10;

using Reader = std::unique_ptr<archive, decltype(&archive_read_free)>;

/// A file that is written from its beginning.
class NewFile {
 public:
  explicit NewFile(const fs::path& path) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw_io_failure(path.string(), "create", errno);
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile() { ::close(descriptor_); }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) throw_io_failure(path_.string(), "write", errno);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }

 private:
  const fs::path& path_;
  int descriptor_;
};

/// "./a/b/" as "a/b".
std::string_view plain_path(std::string_view name) {
  while (name.starts_with("./")) name.remove_prefix(2);
  while (name.ends_with('/')) name.remove_suffix(1);
  return name == "." ? std::string_view() : name;
}

bool has_control_character(std::string_view name) {
  return std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// What file managers leave, of no use to anybody else.
bool is_litter(std::string_view path) {
  if (has_control_character(path)) return true;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view part = path.substr(begin, end - begin);
    if (part == "__MACOSX" || part == ".DS_Store" || part.starts_with("._")) return true;
    begin = end + 1;
  }
  return false;
}

class Unpacking {
 public:
  Unpacking(const fs::path& archive, const fs::path& folder, const UnpackLimits& limits)
      : name_(archive.string()),
        folder_(folder),
        limits_(limits),
        reader_(archive_read_new(), archive_read_free) {
    if (!reader_) throw Error("libarchive cannot begin: out of memory");
    // No others: some of libarchive's formats read further files that they name.
    archive_read_support_format_zip(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_bzip2(reader_.get());
    archive_read_support_filter_xz(reader_.get());
    if (archive_read_open_filename(reader_.get(), archive.c_str(), kPiece) != ARCHIVE_OK) fail_to_read();
  }

  void run() {
    archive_entry* entry = nullptr;
    while (next(&entry)) take(entry);
    if (files_ == 0) throw FormatError(name_ + ": holds no files, expected a zip or tar archive of data");
  }

 private:
  [[noreturn]] void fail_to_read() const {
    const char* const why = archive_error_string(reader_.get());
    throw FormatError(
        fmt::format("{}: cannot be unpacked, it is damaged, cut short or no zip or tar archive ({})", name_,
                    why == nullptr ? "no more is known" : why));
  }
  [[noreturn]] void refuse(std::string_view path, std::string_view why) const {
    throw FormatError(fmt::format("{}: is not unpacked: {} {}", name_, in_quotes(path), why));
  }

  bool next(archive_entry** entry) {
    const int code = archive_read_next_header(reader_.get(), entry);
    if (code == ARCHIVE_EOF) return false;
    if (code < ARCHIVE_WARN) fail_to_read();
    if (++entries_ > limits_.entries)
      throw FormatError(
          fmt::format("{}: is not unpacked: it has more than {} entries", name_, limits_.entries));
    return true;
  }

  static std::string_view path_of(archive_entry* entry) {
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr) name = archive_entry_pathname(entry);
    return name == nullptr ? std::string_view() : name;
  }

  void take(archive_entry* entry) {
    const std::string_view stated = path_of(entry);
    const std::string_view path = plain_path(stated);
    if (path.empty() && !stated.empty() && !stated.starts_with('/')) return;  // the folder itself
    if (is_litter(path)) return;
    if (!stays_below(path)) refuse(stated, "leads out of its folder");
    const auto type = archive_entry_filetype(entry);
    if (archive_entry_symlink(entry) != nullptr || archive_entry_hardlink(entry) != nullptr ||
        type == AE_IFLNK)
      refuse(stated, "is a link, and data has none");
    if (type == AE_IFDIR) return make_directory(folder_ / path);
    if (type != AE_IFREG) refuse(stated, "is a device or the like, and data has none");
    write(folder_ / path);
  }

  void write(const fs::path& path) {
    make_directory(path.parent_path());
    const NewFile file(path);
    ++files_;
    while (true) {
      const auto count = archive_read_data(reader_.get(), buffer_.data(), buffer_.size());
      if (count < 0) fail_to_read();
      if (count == 0) return;
      bytes_ += static_cast<std::uint64_t>(count);
      if (bytes_ > limits_.bytes)
        throw FormatError(
            fmt::format("{}: is not unpacked: it holds more than {} bytes", name_, limits_.bytes));
      file.write({buffer_.data(), static_cast<std::size_t>(count)});
    }
  }

  const std::string name_;
  const fs::path& folder_;
  const UnpackLimits& limits_;
  Reader reader_;
  std::vector<char> buffer_ = std::vector<char>(kPiece);
  std::size_t entries_ = 0;
  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace

void unpack(const fs::path& archive, const fs::path& folder, const UnpackLimits& limits) {
  Unpacking(archive, folder, limits).run();
}

}  // namespace transkimmer
