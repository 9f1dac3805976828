#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace transkimmer {

/// A revision of a model in the cache.
struct CachedRevision {
  std::string commit;
  std::vector<std::string> names =
      {};  ///< branches and tags that mean it, in order; empty: nothing does any more
  std::filesystem::path folder = {};
  std::size_t files = 0;
  std::uint64_t bytes = 0;  ///< of its files; revisions may share them
};

/// A model in the cache, with its revisions.
struct CachedModel {
  std::string repository;  ///< "org/name"
  std::vector<CachedRevision> revisions = {};
  std::uint64_t bytes = 0;  ///< on disk, what downloads left behind included
};

/// The models in a cache, in the order of their names; none where there is no cache. Throws IoError.
std::vector<CachedModel> cached_models(const std::filesystem::path& cache);

/// What a model in the cache holds that nothing asks for any more.
struct Unneeded {
  std::vector<std::filesystem::path> paths;  ///< folders of revisions, contents, downloads left behind
  std::uint64_t bytes = 0;
};
/// Revisions that no branch or tag means (any more, or because they were asked for by their commit), contents
/// that belong to none of the rest, and downloads that were left behind. Removes them unless `only_look`.
/// Models that another process is writing are left out. Throws IoError.
Unneeded prune_cache(const std::filesystem::path& cache, bool only_look);

}  // namespace transkimmer
