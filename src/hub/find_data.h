#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "hub/names/data_source.h"
#include "hub/names/fetch_observer.h"
#include "hub/names/settings.h"

namespace transkimmer {

/// A data set that is asked for by its name.
struct DataRequest {
  std::string name;  ///< of the task, a plain name
  DataSource source;
  /// Address of a folder that has all the source's files, in place of those that it names; or empty.
  std::string mirror = {};
};

struct FoundData {
  std::filesystem::path directory;  ///< holds what the source's files hold
  bool fetched = false;             ///< now; else it was in the cache
  std::uint64_t bytes = 0;          ///< that came over the network
};

/// The data set in the cache, where it is fetched to when it is not there: nothing in the cache is half there
/// when that fails. Throws IoError when no place gives the files, or HF_HUB_OFFLINE is set and they are not
/// there; FormatError for an archive that is not unpacked; UsageError for a source without files, a mirror
/// that is no address, and in a build without the Hub. All say which files are wanted, and that --data-dir
/// takes them from elsewhere.
FoundData find_data(const DataRequest& request, const HubSettings& settings,
                    const FetchObserver& observer = {});

}  // namespace transkimmer
