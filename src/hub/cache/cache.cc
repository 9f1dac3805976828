#include "hub/cache/cache.h"

#include <algorithm>
#include <atomic>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/files/file.h"
#include "base/files/io_failure.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

/// "Signature: " and this marks caches for all programs that know such marks.
constexpr const char* kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder is a cache of files from the Hugging Face Hub; transkimmer made it.\n";
/// A hash and a line end; anything longer is none.
constexpr std::uint64_t kMaxRefBytes = 256;

/// Beside `path`, and no other process's.
fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> count = 0;
  return path.parent_path() /
         fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), count.fetch_add(1));
}

void rename_over(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (!error) return;
  std::error_code ignored;
  fs::remove(from, ignored);
  throw_io_failure(to.string(), "create", error.value());
}

/// Whether it could be made; a file system may know no links.
bool make_link(const fs::path& target, const fs::path& link) {
  const fs::path temporary = temporary_beside(link);
  std::error_code error;
  fs::create_symlink(target.lexically_relative(link.parent_path()), temporary, error);
  if (error) return false;
  rename_over(temporary, link);
  return true;
}

void copy_file_over(const fs::path& from, const fs::path& to) {
  const fs::path temporary = temporary_beside(to);
  std::error_code error;
  fs::copy_file(from, temporary, error);
  if (!error) return rename_over(temporary, to);
  std::error_code ignored;
  fs::remove(temporary, ignored);
  throw_io_failure(to.string(), "write", error.value());
}

}  // namespace

std::string cache_folder_name(const std::string& repository) {
  const std::size_t slash = repository.find('/');
  if (slash == repository.npos) return "models--" + repository;
  return "models--" + repository.substr(0, slash) + "--" + repository.substr(slash + 1);
}

HubCache::HubCache(fs::path root, bool links) : root_(std::move(root)), links_(links) {}

fs::path HubCache::folder(const ModelName& name) const {
  return root_ / cache_folder_name(name.repository());
}

fs::path HubCache::snapshot(const ModelName& name, const std::string& commit) const {
  return folder(name) / "snapshots" / commit;
}

fs::path HubCache::blob(const ModelName& name, const std::string& etag) const {
  return folder(name) / "blobs" / etag;
}

fs::path HubCache::lock_file(const ModelName& name, const std::string& etag) const {
  return root_ / ".locks" / cache_folder_name(name.repository()) / (etag + ".lock");
}

std::optional<std::string> HubCache::commit_of(const ModelName& name) const {
  if (is_commit_hash(name.revision())) return name.revision();
  const fs::path ref = folder(name) / "refs" / name.revision();
  if (!path_exists(ref) || directory_exists(ref)) return std::nullopt;
  std::string commit = read_file(ref, kMaxRefBytes);
  commit.erase(std::min(commit.find_first_of(" \r\n"), commit.size()));
  if (!is_commit_hash(commit)) return std::nullopt;
  return commit;
}

void HubCache::remember_commit(const ModelName& name, const std::string& commit) const {
  if (commit_of(name) == commit) return;
  const fs::path ref = folder(name) / "refs" / name.revision();
  make_directory(ref.parent_path());
  write_file_atomically(ref, commit);
}

void HubCache::place(const ModelName& name, const std::string& commit, const std::string& file,
                     const std::string& etag) const {
  const fs::path pointer = snapshot(name, commit) / file;
  if (path_exists(pointer)) return;
  make_directory(pointer.parent_path());
  const fs::path content = blob(name, etag);
  if (!links_ || !make_link(content, pointer)) copy_file_over(content, pointer);
}

void HubCache::note_absent(const ModelName& name, const std::string& commit, const std::string& file) const {
  const fs::path note = folder(name) / ".no_exist" / commit / file;
  if (path_exists(note)) return;
  make_directory(note.parent_path());
  write_file_atomically(note, "");
}

bool HubCache::is_absent(const ModelName& name, const std::string& commit, const std::string& file) const {
  return path_exists(folder(name) / ".no_exist" / commit / file);
}

void HubCache::tag() const {
  const fs::path tag = root_ / "CACHEDIR.TAG";
  if (!path_exists(tag)) write_file_atomically(tag, kCacheTag);
}

}  // namespace transkimmer
