#include "hub/cache/cache_contents.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <system_error>

#include "base/files/file.h"
#include "hub/cache/cache.h"
#include "hub/cache/file_lock.h"
#include "hub/cache/folder_contents.h"
#include "hub/names/model_name.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> repository_of(const fs::path& folder) {
  constexpr std::string_view kPrefix = "models--";
  std::string name = folder.filename().string();
  if (!name.starts_with(kPrefix) || !directory_exists(folder)) return std::nullopt;
  name.erase(0, kPrefix.size());
  if (const std::size_t slash = name.find("--"); slash != name.npos) name.replace(slash, 2, "/");
  const auto parsed = ModelName::parse(name);
  if (!parsed || cache_folder_name(parsed->repository()) != folder.filename()) return std::nullopt;
  return parsed->repository();
}

/// Branches and tags by the commit that they mean.
std::map<std::string, std::vector<std::string>> names_of_commits(const CachedModel& model,
                                                                 const HubCache& cache) {
  std::map<std::string, std::vector<std::string>> names;
  const fs::path refs = cache.root() / cache_folder_name(model.repository) / "refs";
  for (const fs::path& file : files_below(refs)) {
    const std::string revision = file.lexically_relative(refs).string();
    const auto name = ModelName::parse(model.repository + "@" + revision);
    if (const auto commit = name ? cache.commit_of(*name) : std::nullopt) names[*commit].push_back(revision);
  }
  return names;
}

CachedModel model_in(const fs::path& folder, const std::string& repository, const HubCache& cache) {
  CachedModel model{.repository = repository};
  const auto names = names_of_commits(model, cache);
  for (const fs::path& snapshot : entries_of(folder / "snapshots")) {
    CachedRevision revision{.commit = snapshot.filename().string(), .folder = snapshot};
    if (const auto found = names.find(revision.commit); found != names.end()) revision.names = found->second;
    for (const fs::path& file : files_below(snapshot)) {
      ++revision.files;
      revision.bytes += size_of(file);
      model.bytes += own_size_of(file);
    }
    model.revisions.push_back(std::move(revision));
  }
  for (const fs::path& blob : files_below(folder / "blobs")) model.bytes += own_size_of(blob);
  return model;
}

/// All locks of a model; nothing when somebody has one of them.
std::optional<std::vector<FileLock>> all_locks(const fs::path& folder) {
  std::vector<FileLock> locks;
  for (const fs::path& file : files_below(folder)) {
    auto lock = FileLock::try_for(file);
    if (!lock) return std::nullopt;
    locks.push_back(std::move(*lock));
  }
  return locks;
}

void find_unneeded(const CachedModel& model, const fs::path& folder, Unneeded& unneeded) {
  std::set<fs::path> needed;  // contents
  for (const CachedRevision& revision : model.revisions) {
    const std::vector<fs::path> files = files_below(revision.folder);
    if (revision.names.empty()) {
      unneeded.paths.push_back(revision.folder);
      for (const fs::path& file : files) unneeded.bytes += own_size_of(file);
      if (const fs::path notes = folder / ".no_exist" / revision.commit; directory_exists(notes))
        unneeded.paths.push_back(notes);
      continue;
    }
    std::error_code broken;
    for (const fs::path& file : files) needed.insert(fs::weakly_canonical(file, broken));
  }
  for (const fs::path& blob : files_below(folder / "blobs")) {
    std::error_code broken;
    if (needed.count(fs::weakly_canonical(blob, broken)) > 0) continue;
    unneeded.paths.push_back(blob);
    unneeded.bytes += own_size_of(blob);
  }
}

}  // namespace

std::vector<CachedModel> cached_models(const fs::path& cache) {
  const HubCache layout(cache);
  std::vector<CachedModel> models;
  for (const fs::path& folder : entries_of(cache))
    if (const auto repository = repository_of(folder))
      models.push_back(model_in(folder, *repository, layout));
  return models;
}

Unneeded prune_cache(const fs::path& cache, bool only_look) {
  Unneeded all;
  for (const CachedModel& model : cached_models(cache)) {
    const fs::path folder = cache / cache_folder_name(model.repository);
    const auto locks = all_locks(cache / ".locks" / folder.filename());
    if (!locks) continue;
    Unneeded unneeded;
    find_unneeded(model, folder, unneeded);
    if (!only_look)
      for (const fs::path& path : unneeded.paths) remove_recursively(path);
    all.paths.insert(all.paths.end(), unneeded.paths.begin(), unneeded.paths.end());
    all.bytes += unneeded.bytes;
  }
  return all;
}

}  // namespace transkimmer
