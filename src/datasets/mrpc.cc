#include "datasets/mrpc.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/files/file.h"
#include "datasets/formats/delimited.h"
#include "datasets/glue.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

namespace fs = std::filesystem;

using Pair = std::pair<std::string, std::string>;

std::optional<fs::path> published_folder(const Task& task, const fs::path& directory) {
  std::vector<fs::path> places = {directory};
  for (const std::string& folder : task.folders) places.push_back(directory / folder);
  for (const fs::path& place : places) {
    if (path_exists(place / task.file_of(Split::train))) return std::nullopt;
    if (path_exists(place / "msr_paraphrase_train.txt")) return place;
  }
  return std::nullopt;
}

/// Each row names two sentences by their numbers; a header, where there is one, names none that there are.
std::set<Pair> listed_pairs(const fs::path& list) {
  const std::string text = read_file(list);
  RecordReader reader(text, kTsv, list.string());
  std::set<Pair> pairs;
  for (std::vector<std::string> fields; reader.next(fields);) {
    if (fields.size() != 2)
      throw FormatError(fmt::format("{}:{}: has {} columns, expected the numbers of two sentences",
                                    list.string(), reader.line(), fields.size()));
    pairs.emplace(std::move(fields[0]), std::move(fields[1]));
  }
  return pairs;
}

/// Of each row of the table.
std::vector<Pair> pairs_of_rows(const std::string& text, const std::string& origin) {
  RecordReader reader(text, kTsv, origin);
  std::vector<std::string> fields;
  if (!reader.next(fields)) throw FormatError(origin + ": is empty, expected a header line");
  const Columns columns(fields, origin, reader.line());
  const std::size_t first = columns.require("#1 ID");
  const std::size_t second = columns.require("#2 ID");
  std::vector<Pair> pairs;
  while (reader.next(fields)) {
    columns.check_count(fields.size(), reader.line());
    pairs.emplace_back(fields[first], fields[second]);
  }
  return pairs;
}

}  // namespace

std::optional<Dataset> load_published_mrpc(const Task& task, const fs::path& directory, Split split) {
  const auto folder = published_folder(task, directory);
  if (!folder) return std::nullopt;
  const fs::path path =
      *folder / (split == Split::test ? "msr_paraphrase_test.txt" : "msr_paraphrase_train.txt");
  const std::string text = read_file(path);
  Dataset all = parse_glue(task, text, split, path.string());
  if (split == Split::test) return all;
  const fs::path list = *folder / "mrpc_dev_ids.tsv";
  const std::set<Pair> dev = listed_pairs(list);
  const std::vector<Pair> pairs = pairs_of_rows(text, path.string());
  std::vector<Example> chosen;
  for (std::size_t row = 0; row < pairs.size(); ++row)
    if ((dev.count(pairs[row]) > 0) == (split == Split::dev)) chosen.push_back(std::move(all.examples[row]));
  if (chosen.empty())
    throw FormatError(fmt::format("{}: lists {} of the pairs in {}", list.string(),
                                  split == Split::dev ? "none" : "all", path.string()));
  all.examples = std::move(chosen);
  return all;
}

}  // namespace transkimmer
