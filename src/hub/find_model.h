#pragma once

#include <filesystem>
#include <string>

#include "hub/names/fetch_observer.h"

namespace transkimmer {

/// The encoder that ships with the project: what fine-tuning begins with unless told otherwise.
inline constexpr const char* kShippedEncoder = "transkimmer-mini-uncased";

/// Where a model was found.
struct FoundModel {
  enum class Place { folder, shipped, cache, hub };
  std::filesystem::path directory;
  Place place = Place::folder;
  /// What was taken, for a person: "'org/name' from the Hub, main (commit 1a2b3c4)"; empty for a folder.
  std::string description = {};
};

/// The directory that a model's path or name means, the first of
/// - a folder of that path;
/// - for a bare name, the model of this name that ships with the project, which is looked for in
///   $TRANSKIMMER_MODELS, in share/transkimmer/models beside the program's directory, and in the source tree
///   that the program was built from;
/// - for a name as the Hub has them (ModelName), that model: as the Hub has it now, or where the Hub cannot
///   be asked, or HF_HUB_OFFLINE is set, as the cache has it.
/// What begins with `.` or `/` is a path and never goes online. What is no folder and no such name comes back
/// as it is: whoever opens it says what is missing. Throws what fetch_model does, or IoError that says why a
/// name was not found, where the cache has no whole model of that name either.
FoundModel find_model(const std::filesystem::path& model, const FetchObserver& observer = {});

}  // namespace transkimmer
