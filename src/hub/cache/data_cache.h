#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "hub/cache/cache_contents.h"
#include "hub/names/data_source.h"

namespace transkimmer {

/// Data sets on disk, each in a folder of its own:
///
///     sst2-1a2b3c4d/SST-2/train.tsv      what the source's files hold; there once it is whole
///     .downloads/sst2-1a2b3c4d/SST-2.zip while it comes
///     .unpacking/sst2-1a2b3c4d/          while it is unpacked
///     .locks/sst2-1a2b3c4d.lock          held by who fetches it
class DataCache {
 public:
  explicit DataCache(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  /// `name` is a plain name, as those that follow.
  std::filesystem::path folder(const std::string& name, const DataSource& source) const;
  std::filesystem::path downloads(const std::string& name, const DataSource& source) const;
  std::filesystem::path unpacking(const std::string& name, const DataSource& source) const;
  std::filesystem::path lock_file(const std::string& name, const DataSource& source) const;

 private:
  std::filesystem::path root_;
};

struct CachedData {
  std::string name;  ///< of the task
  std::filesystem::path folder = {};
  std::size_t files = 0;
  std::uint64_t bytes = 0;
};
/// The data sets in a cache, in the order of their names; none where there is no cache. Throws IoError.
std::vector<CachedData> cached_data(const std::filesystem::path& cache);

/// What downloads and unpackings that ended early left behind. Removes it unless `only_look`; what another
/// process is fetching is left out. Throws IoError.
Unneeded prune_data(const std::filesystem::path& cache, bool only_look);

}  // namespace transkimmer
