#include "hub/find_model.h"

#include <cstdlib>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/quoting.h"
#include "hub/cache/cache.h"
#include "hub/fetch_model.h"
#include "hub/names/model_name.h"
#include "hub/names/settings.h"
#include "hub/names/wanted_files.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shipping_places() {
  std::vector<fs::path> places;
  if (const char* const named = std::getenv("TRANSKIMMER_MODELS"); named != nullptr && *named != '\0')
    places.emplace_back(named);
  std::error_code ignored;
  const auto program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) places.push_back(program.parent_path().parent_path() / TRANSKIMMER_INSTALLED_MODELS);
  places.emplace_back(TRANSKIMMER_SOURCE_MODELS);
  return places;
}

std::optional<fs::path> shipped(const fs::path& model) {
  if (model != model.filename()) return std::nullopt;
  for (const fs::path& place : shipping_places())
    if (directory_exists(place / model)) return place / model;
  return std::nullopt;
}

std::string commit_text(const ModelName& name, const std::string& commit) {
  if (is_commit_hash(name.revision())) return "commit " + commit;
  return fmt::format("revision {}, commit {}", in_quotes(name.revision()), commit.substr(0, 7));
}

FoundModel found_in_cache(const ModelName& name, const std::string& commit, const HubCache& cache) {
  return {cache.snapshot(name, commit), FoundModel::Place::cache,
          fmt::format("{} from the cache of the Hub ({})", in_quotes(name.repository()),
                      commit_text(name, commit))};
}

/// What the cache lacks of the model, in words; empty where it has all of it.
std::string lacking(const HubCache& cache, const ModelName& name, const std::optional<std::string>& commit) {
  if (!commit || !directory_exists(cache.snapshot(name, *commit))) return "it";
  const std::string part = missing_part(cache.snapshot(name, *commit));
  // Some have no weights, only a tokenizer, say, and that was noted.
  return cache.is_absent(name, *commit, part) ? "" : part;
}

/// As this machine has it, without asking the Hub.
FoundModel find_offline(const ModelName& name, const HubSettings& settings, const std::string& why) {
  const HubCache cache(settings.cache, settings.links);
  const std::optional<std::string> commit = cache.commit_of(name);
  const std::string part = lacking(cache, name, commit);
  if (part.empty()) return found_in_cache(name, *commit, cache);
  throw IoError(fmt::format("{} is no folder here, no encoder that ships, and the cache {} has {}; {}",
                            in_quotes(name.text()), settings.cache.string(),
                            part == "it" ? "none of it" : fmt::format("only a part of it (no {})", part),
                            why));
}

FoundModel find_online(const ModelName& name, HubSettings settings, const FetchObserver& observer) {
  const HubCache cache(settings.cache, settings.links);
  const std::optional<std::string> cached = cache.commit_of(name);
  const bool whole = lacking(cache, name, cached).empty();
  // A commit stays what it is.
  if (whole && is_commit_hash(name.revision())) return found_in_cache(name, *cached, cache);
  if (whole) settings.listing_attempts = 1;  // nobody waits long for news of what is here
  const auto fall_back = [&](const Error& error) {
    notify(observer.notices,
           fmt::format("{} is what the cache has; for news of it: {}", in_quotes(name.text()), error.what()));
    return found_in_cache(name, *cached, cache);
  };
  try {
    const FetchedModel fetched = fetch_model(name, settings, observer);
    return {
        fetched.directory, FoundModel::Place::hub,
        fmt::format("{} from the Hub ({})", in_quotes(name.repository()), commit_text(name, fetched.commit))};
  } catch (const IoError& error) {
    if (!whole)
      throw IoError(fmt::format("{} is no folder here, and {}", in_quotes(name.text()), error.what()));
    return fall_back(error);
  } catch (const FormatError& error) {
    if (!whole) throw;
    return fall_back(error);
  }
}

}  // namespace

FoundModel find_model(const fs::path& model, const FetchObserver& observer) {
  const std::string text = model.string();
  if (text.empty() || text.front() == '.' || text.front() == '/' || path_exists(model)) return {model};
  if (const auto directory = shipped(model))
    return {*directory, FoundModel::Place::shipped,
            fmt::format("{}, which ships with transkimmer ({})", in_quotes(text), directory->string())};
  const std::optional<ModelName> name = ModelName::parse(text);
  // An installation without the encoder that ships is no reason to take a stranger's of that name.
  if (!name || text == kShippedEncoder) return {model};
  const HubSettings settings = HubSettings::from_environment();
  if (settings.offline)
    return find_offline(*name, settings, "HF_HUB_OFFLINE is set, so the Hub is not asked");
  if (!can_fetch()) {
    const HubCache cache(settings.cache, settings.links);
    const auto commit = cache.commit_of(*name);
    if (lacking(cache, *name, commit).empty()) return found_in_cache(*name, *commit, cache);
  }
  return find_online(*name, settings, observer);
}

}  // namespace transkimmer
