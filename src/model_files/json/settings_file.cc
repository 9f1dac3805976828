#include "model_files/json/settings_file.h"

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/stand_in.h"
#include "model_files/json/json.h"
#include "transkimmer/error.h"

namespace transkimmer {

std::optional<SettingsFile> SettingsFile::read(const std::filesystem::path& path) {
  if (!path_exists(path)) return std::nullopt;
  const std::string text = read_downloaded_file(path, kMaxSettingsBytes);
  SettingsFile file = {.origin = path.string(), .object = {}, .in_order = {}};
  file.object = parse_json(text, file.origin);
  if (!file.object.is_object())
    throw FormatError(fmt::format("{}: is {}, expected an object", file.origin, shown(file.object)));
  file.in_order = nlohmann::ordered_json::parse(text);
  return file;
}

}  // namespace transkimmer
