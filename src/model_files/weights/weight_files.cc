#include "model_files/weights/weight_files.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/plain_name.h"
#include "base/strings/quoting.h"
#include "model_files/json/json.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path index_of(const fs::path& directory, const std::string& name) {
  return directory / shard_list_name(name);
}

bool has_whole_or_shards(const fs::path& directory, const char* name) {
  return path_exists(directory / name) || path_exists(index_of(directory, name));
}

void add_safetensors(const fs::path& path, LoadedTensors& loaded) {
  auto file = std::make_shared<const SafetensorsFile>(SafetensorsFile::open(path));
  for (const auto& [name, tensor] : file->tensors()) loaded.add(name, tensor, path);
  loaded.owners.push_back(std::move(file));
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
    if (!is_plain_name(file))
      throw FormatError(fmt::format("{}: tensor {} is in {}, expected the name of a file beside it", origin,
                                    in_quotes(name), in_quotes(file)));
    shards[name] = file;
  }
  return shards;
}

std::set<std::string> shards_in(const std::map<std::string, std::string>& shard_of) {
  std::set<std::string> shards;
  for (const auto& [name, shard] : shard_of) shards.insert(shard);
  return shards;
}

void add_shards(const fs::path& index_path, const WeightReader& reader, LoadedTensors& loaded) {
  const std::map<std::string, std::string> shard_of = read_weight_map(index_path);
  for (const std::string& shard : shards_in(shard_of)) {
    loaded.paths.push_back(index_path.parent_path() / shard);
    reader(loaded.paths.back(), loaded);
  }
  for (const auto& [name, shard] : shard_of) {
    const std::string path = (index_path.parent_path() / shard).string();
    const auto found = loaded.origins.find(name);
    if (found == loaded.origins.end() || found->second != path)
      throw FormatError(fmt::format("{}: tensor {} is missing, but {} says it is here", path, in_quotes(name),
                                    index_path.filename().string()));
  }
}

}  // namespace

std::string shard_list_name(const std::string& weights) {
  return weights + ".index.json";
}

std::set<std::string> shards_of(const fs::path& list) {
  return shards_in(read_weight_map(list));
}

void LoadedTensors::add(const std::string& name, TensorView tensor, const fs::path& file) {
  const auto [present, added] = origins.emplace(name, file.string());
  if (!added)
    throw FormatError(fmt::format("{}: tensor {} is in {} as well", file.string(), in_quotes(name),
                                  fs::path(present->second).filename().string()));
  tensors.emplace(name, std::move(tensor));
}

WeightFiles find_weight_files(const fs::path& directory) {
  if (has_whole_or_shards(directory, kSafetensorsWeights)) return WeightFiles::safetensors;
  return has_whole_or_shards(directory, kPytorchWeights) ? WeightFiles::pytorch : WeightFiles::none;
}

LoadedTensors load_whole_or_shards(const fs::path& directory, const std::string& name,
                                   const WeightReader& reader) {
  LoadedTensors loaded;
  if (const fs::path whole = directory / name; path_exists(whole)) {
    loaded.origin = whole.string();
    loaded.paths.push_back(whole);
    reader(whole, loaded);
  } else if (const fs::path index = index_of(directory, name); path_exists(index)) {
    loaded.origin = index.string();
    add_shards(index, reader, loaded);
  } else {
    throw IoError(
        fmt::format("{}: has neither {} nor {}", directory.string(), name, index.filename().string()));
  }
  return loaded;
}

LoadedTensors load_weight_files(const fs::path& directory) {
  if (find_weight_files(directory) == WeightFiles::pytorch)
    throw IoError(fmt::format("{}: has {} but no {}; fine-tuning reads the former, this needs the latter",
                              directory.string(), kPytorchWeights, kSafetensorsWeights));
  return load_whole_or_shards(directory, kSafetensorsWeights, add_safetensors);
}

void add_weight_folder(const fs::path& directory, const std::string& folder, LoadedTensors& loaded) {
  LoadedTensors added = load_weight_files(directory / folder);
  for (auto& [name, tensor] : added.tensors)
    loaded.add(folder + "." + name, std::move(tensor), added.origins.at(name));
  for (auto& owner : added.owners) loaded.owners.push_back(std::move(owner));
  for (fs::path& path : added.paths) loaded.paths.push_back(std::move(path));
}

}  // namespace transkimmer
