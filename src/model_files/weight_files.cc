#include "model_files/weight_files.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/quoting.h"
#include "model_files/json.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr const char* kPyTorchFile = "pytorch_model.bin";

void add_file(const fs::path& path, LoadedTensors& loaded) {
  auto file = std::make_shared<const SafetensorsFile>(SafetensorsFile::open(path));
  for (const auto& [name, tensor] : file->tensors()) {
    const auto [present, added] = loaded.origins.emplace(name, path.string());
    if (!added)
      throw FormatError(fmt::format("{}: tensor {} is in {} as well", path.string(), in_quotes(name),
                                    fs::path(present->second).filename().string()));
    loaded.tensors.emplace(name, tensor);
  }
  loaded.owners.push_back(std::move(file));
  loaded.paths.push_back(path);
}

/// "weight_map": which tensor is in which shard.
std::map<std::string, std::string> read_weight_map(const fs::path& path) {
  const std::string origin = path.string();
  const json index = read_json(path);
  const auto map = index.is_object() ? index.find("weight_map") : index.end();
  if (map == index.end() || !map->is_object())
    throw FormatError(fmt::format("{}: 'weight_map' is {}, expected an object", origin,
                                  map == index.end() ? "missing" : shown(*map)));
  std::map<std::string, std::string> shards;
  for (const auto& [name, shard] : map->items()) {
    if (!shard.is_string())
      throw FormatError(
          fmt::format("{}: tensor {} is in {}, expected a file name", origin, in_quotes(name), shown(shard)));
    const std::string file = shard.get<std::string>();
    // A name that leads elsewhere would let a downloaded model read any file of this machine.
    if (file.empty() || file == "." || file == ".." ||
        file.find_first_of(std::string_view("/\\\0", 3)) != file.npos)
      throw FormatError(fmt::format("{}: tensor {} is in {}, expected the name of a file beside it", origin,
                                    in_quotes(name), in_quotes(file)));
    shards[name] = file;
  }
  return shards;
}

void add_shards(const fs::path& index_path, LoadedTensors& loaded) {
  const std::map<std::string, std::string> shard_of = read_weight_map(index_path);
  std::set<std::string> shards;
  for (const auto& [name, shard] : shard_of) shards.insert(shard);
  for (const std::string& shard : shards) add_file(index_path.parent_path() / shard, loaded);
  for (const auto& [name, shard] : shard_of) {
    const std::string path = (index_path.parent_path() / shard).string();
    const auto found = loaded.origins.find(name);
    if (found == loaded.origins.end() || found->second != path)
      throw FormatError(
          fmt::format("{}: tensor {} is missing, but {} says it is here", path, in_quotes(name), kIndexFile));
  }
}

}  // namespace

WeightFiles find_weight_files(const fs::path& directory) {
  if (path_exists(directory / kSingleFile) || path_exists(directory / kIndexFile))
    return WeightFiles::safetensors;
  return path_exists(directory / kPyTorchFile) ? WeightFiles::pytorch : WeightFiles::none;
}

LoadedTensors load_weight_files(const fs::path& directory) {
  LoadedTensors loaded;
  if (const fs::path single = directory / kSingleFile; path_exists(single)) {
    loaded.origin = single.string();
    add_file(single, loaded);
  } else if (const fs::path index = directory / kIndexFile; path_exists(index)) {
    loaded.origin = index.string();
    add_shards(index, loaded);
  } else if (path_exists(directory / kPyTorchFile)) {
    throw IoError(fmt::format("{}: has {} but no {}; fine-tuning reads the former, this needs the latter",
                              directory.string(), kPyTorchFile, kSingleFile));
  } else {
    throw IoError(fmt::format("{}: has neither {} nor {}", directory.string(), kSingleFile, kIndexFile));
  }
  return loaded;
}

}  // namespace transkimmer
