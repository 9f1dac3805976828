#include "hub/find_data.h"

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "hub/cache/data_cache.h"
#include "hub/fetch_model.h"
#include "transkimmer/error.h"

#ifdef TRANSKIMMER_WITH_HUB
#include "hub/online/data_fetch.h"
#endif

namespace transkimmer {
namespace {

std::string files_of(const DataSource& source) {
  std::vector<std::string> names;
  for (const PublishedFile& file : source.files) names.push_back(file.name);
  return names_in_quotes(names);
}

/// How to do without a network.
std::string by_hand(const DataRequest& request) {
  std::string addresses;
  for (const PublishedFile& file : request.source.files)
    addresses +=
        (addresses.empty() ? "" : " ") + (file.addresses.empty() ? file.name : file.addresses.front());
  return fmt::format("fetch it elsewhere ({}), unpack it, and name the folder by --data-dir", addresses);
}

#ifndef TRANSKIMMER_WITH_HUB
FoundData fetch_data(const DataRequest& request, const HubSettings&, const FetchObserver&) {
  throw UsageError(fmt::format("{}: this build fetches no data (TRANSKIMMER_HUB=OFF); {}",
                               in_quotes(request.name), by_hand(request)));
}
#endif

}  // namespace

FoundData find_data(const DataRequest& request, const HubSettings& settings, const FetchObserver& observer) {
  if (request.source.files.empty())
    throw UsageError(fmt::format(
        "the task {} does not say where its data comes from; --data-dir names the folder that has it",
        in_quotes(request.name)));
  const DataCache cache(settings.data);
  const std::filesystem::path folder = cache.folder(request.name, request.source);
  if (directory_exists(folder)) return {.directory = folder};
  if (settings.offline)
    throw IoError(fmt::format(
        "the data of the task {} ({}) is not in the cache {}, and HF_HUB_OFFLINE is set; {}",
        in_quotes(request.name), files_of(request.source), cache.root().string(), by_hand(request)));
  return fetch_data(request, settings, observer);
}

}  // namespace transkimmer
