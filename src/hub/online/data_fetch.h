#pragma once

#include "hub/find_data.h"

namespace transkimmer {

/// Fetches a data set that the cache does not have, and unpacks it, while no other process does. Throws as
/// find_data does.
FoundData fetch_data(const DataRequest& request, const HubSettings& settings, const FetchObserver& observer);

}  // namespace transkimmer
