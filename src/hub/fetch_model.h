#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "hub/cache/cache.h"
#include "hub/names/fetch_observer.h"
#include "hub/names/model_name.h"
#include "hub/names/settings.h"

namespace transkimmer {

/// A model directory in the cache.
struct FetchedModel {
  std::filesystem::path directory;
  std::string commit;
  std::uint64_t bytes = 0;  ///< that came over the network
};

/// Whether names can be fetched: not in builds without the Hub (TRANSKIMMER_HUB=OFF).
bool can_fetch();

/// Asks the Hub what the name means now and fetches what the cache lacks of it. Nothing in the cache is lost
/// or half there when that fails: the name goes on to mean what it did. Throws as HubClient and download do;
/// UsageError in a build without the Hub, which says how to get the model.
FetchedModel fetch_model(const ModelName& name, const HubSettings& settings,
                         const FetchObserver& observer = {});

}  // namespace transkimmer
