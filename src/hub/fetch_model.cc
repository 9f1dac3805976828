#include "hub/fetch_model.h"

#include <fmt/format.h>

#include "base/strings/quoting.h"
#include "transkimmer/error.h"

#ifdef TRANSKIMMER_WITH_HUB
#include "hub/online/model_fetch.h"
#endif

namespace transkimmer {

#ifdef TRANSKIMMER_WITH_HUB

bool can_fetch() {
  return true;
}

FetchedModel fetch_model(const ModelName& name, const HubSettings& settings, const FetchObserver& observer) {
  return ModelFetch(name, settings, observer).run();
}

#else

bool can_fetch() {
  return false;
}

FetchedModel fetch_model(const ModelName& name, const HubSettings& settings, const FetchObserver&) {
  throw UsageError(
      fmt::format("{}: this build fetches no models (TRANSKIMMER_HUB=OFF); fetch it with 'hf download {} "
                  "--revision {}', which "
                  "puts it where it is found here, too ({})",
                  in_quotes(name.text()), name.repository(), name.revision(), settings.cache.string()));
}

#endif

}  // namespace transkimmer
