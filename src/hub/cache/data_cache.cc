#include "hub/cache/data_cache.h"

#include "base/files/file.h"
#include "hub/cache/file_lock.h"
#include "hub/cache/folder_contents.h"

namespace transkimmer {
namespace {

std::string entry(const std::string& name, const DataSource& source) {
  return name + "-" + source_key(source);
}

/// "sst2-1a2b3c4d" without the key of its source.
std::string name_in(const std::string& folder) {
  return folder.substr(0, folder.rfind('-'));
}

}  // namespace

std::filesystem::path DataCache::folder(const std::string& name, const DataSource& source) const {
  return root_ / entry(name, source);
}

std::filesystem::path DataCache::downloads(const std::string& name, const DataSource& source) const {
  return root_ / ".downloads" / entry(name, source);
}

std::filesystem::path DataCache::unpacking(const std::string& name, const DataSource& source) const {
  return root_ / ".unpacking" / entry(name, source);
}

std::filesystem::path DataCache::lock_file(const std::string& name, const DataSource& source) const {
  return root_ / ".locks" / (entry(name, source) + ".lock");
}

std::vector<CachedData> cached_data(const std::filesystem::path& cache) {
  std::vector<CachedData> all;
  for (const std::filesystem::path& folder : entries_of(cache)) {
    const std::string name = folder.filename().string();
    if (name.starts_with('.') || !directory_exists(folder)) continue;
    CachedData data{.name = name_in(name), .folder = folder};
    for (const std::filesystem::path& file : files_below(folder)) {
      ++data.files;
      data.bytes += own_size_of(file);
    }
    all.push_back(std::move(data));
  }
  return all;
}

Unneeded prune_data(const std::filesystem::path& cache, bool only_look) {
  Unneeded all;
  for (const char* const place : {".downloads", ".unpacking"}) {
    for (const std::filesystem::path& left : entries_of(cache / place)) {
      const auto lock = FileLock::try_for(cache / ".locks" / (left.filename().string() + ".lock"));
      if (!lock) continue;
      all.paths.push_back(left);
      for (const std::filesystem::path& file : files_below(left)) all.bytes += own_size_of(file);
      if (!only_look) remove_recursively(left);
    }
  }
  return all;
}

}  // namespace transkimmer
