#include "datasets/documents.h"

#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "datasets/formats/delimited.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/location.h"
#include "datasets/labels.h"
#include "transkimmer/error.h"

namespace transkimmer {

Dataset parse_yelp(const Task& task, std::string_view text, const std::string& origin) {
  RecordReader reader(text, kCsv, origin);
  const Columns columns({"label", "text"}, origin, 0);
  SpelledLabels spelled;
  Dataset dataset{.examples = {}, .labels = task.labels, .labelled = true, .origin = origin};
  for (std::vector<std::string> fields; reader.next(fields);) {
    columns.check_count(fields.size(), reader.line());
    spelled.add(std::move(fields[0]), reader.line());
    dataset.examples.emplace_back().text = std::move(fields[1]);
  }
  if (dataset.examples.empty())
    throw FormatError(fmt::format("{}: is empty, expected rows of label,text", origin));
  give_classes(spelled, LabelSet(task.labels), dataset);
  return dataset;
}

Dataset parse_document_lines(const Task& task, std::string_view text, Split split,
                             const std::string& origin) {
  JsonLineReader reader(text, origin);
  SpelledLabels spelled;
  Dataset dataset{.examples = {}, .labels = task.labels, .labelled = true, .origin = origin};
  for (nlohmann::json object; reader.next(object);) {
    if (dataset.examples.empty()) dataset.labelled = split != Split::test || object.contains("label");
    if (dataset.labelled) spelled.add(reader.label_at(object, "label"), reader.line());
    dataset.examples.emplace_back().text = reader.string_at(object, "text");
  }
  if (dataset.examples.empty()) throw FormatError(fmt::format("{}: is empty, expected JSON lines", origin));
  if (dataset.labelled) give_classes(spelled, LabelSet(task.labels), dataset);
  return dataset;
}

Dataset load_yelp(const Task& task, const std::filesystem::path& directory, Split split) {
  const std::array<std::string, 1> folders = {"yelp"};
  const auto path = find_data_file(directory, folders, fmt::format("{}.csv", name_of(split)));
  return parse_yelp(task, read_file(path), path.string());
}

Dataset load_20news(const Task& task, const std::filesystem::path& directory, Split split) {
  const std::array<std::string, 1> folders = {"20news"};
  const auto path = find_data_file(directory, folders, fmt::format("{}.jsonl", name_of(split)));
  return parse_document_lines(task, read_file(path), split, path.string());
}

}  // namespace transkimmer
