#pragma once

#include <filesystem>
#include <optional>

#include <CLI/App.hpp>

#include "base/progress.h"
#include "hub/find_model.h"

namespace transkimmer {

/// The type name of options whose value is a model: a directory, or a name that resolve_models replaces.
inline constexpr const char* kModelType = "MODEL";

/// find_model for a person: shows how far a download is, and says on standard error what was taken for a
/// name. Throws as find_model does.
std::filesystem::path model_directory(const std::filesystem::path& model);

/// Once the whole command line is known to be right, as this may fetch gigabytes: replaces the values of
/// type MODEL of the command that is to run by the directories that they mean.
void resolve_models(CLI::App& program);

/// Shows on standard error how far a fetch is.
class FetchNarrator {
 public:
  FetchObserver observer();
  /// Once it is done, before other output.
  void finish();

 private:
  std::optional<ReadingLine> line_;
};

}  // namespace transkimmer
