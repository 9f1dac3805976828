#include "datasets/documents.h"

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
  const auto found = [&](Split wanted) {
    return find_data_file(directory, task.folders, task.file_of(wanted));
  };
  std::filesystem::path path;
  try {
    path = found(split);
  } catch (const IoError&) {
    // The published archive has no dev split.
    if (split != Split::dev || !task.has(Split::test)) throw;
    path = found(Split::test);
  }
  return parse_yelp(task, read_file(path), path.string());
}

}  // namespace transkimmer
