#include "commands/options/shipped_models.h"

#include <cstdlib>
#include <system_error>
#include <vector>

#include "base/files/file.h"

namespace transkimmer {
namespace {

std::vector<std::filesystem::path> places() {
  std::vector<std::filesystem::path> places;
  if (const char* const named = std::getenv("TRANSKIMMER_MODELS"); named != nullptr && *named != '\0')
    places.emplace_back(named);
  std::error_code ignored;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) places.push_back(program.parent_path().parent_path() / TRANSKIMMER_INSTALLED_MODELS);
  places.emplace_back(TRANSKIMMER_SOURCE_MODELS);
  return places;
}

}  // namespace

std::filesystem::path model_directory(const std::filesystem::path& model) {
  const bool is_name = model == model.filename() && !model.empty();
  if (!is_name || directory_exists(model)) return model;
  for (const auto& place : places()) {
    if (directory_exists(place / model)) return place / model;
  }
  return model;
}

}  // namespace transkimmer
