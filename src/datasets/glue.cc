#include "datasets/glue.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/delimited.h"
#include "datasets/formats/location.h"
#include "datasets/labels.h"
#include "datasets/mrpc.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

constexpr double kHighestSimilarity = 5.0;

/// CoLA's labelled files have no header; the names of their columns are ours.
Columns columns_of(const Task& task, Split split, RecordReader& reader) {
  if (task.name == "cola" && split != Split::test) {
    return Columns({"source", "label", "mark", "sentence"}, reader.origin(), 0);
  }
  std::vector<std::string> header;
  if (!reader.next(header))
    throw FormatError(fmt::format("{}: is empty, expected a header line", reader.origin()));
  return Columns(std::move(header), reader.origin(), reader.line());
}

double similarity(const std::string& field, const std::string& where) {
  const auto score = parse_real(field);
  if (score && *score >= 0.0 && *score <= kHighestSimilarity) return *score;
  throw FormatError(fmt::format("{}score {} is not a number from 0 to 5", where, in_quotes(field)));
}

}  // namespace

Dataset parse_glue(const Task& task, std::string_view text, Split split, const std::string& origin) {
  const TaskColumns& layout = task.columns;
  const bool tolerant = task.name == "qqp";
  RecordReader reader(text, kTsv, origin);
  const Columns columns = columns_of(task, split, reader);
  const std::size_t text_column = columns.require(layout.text);
  std::optional<std::size_t> pair_column;
  if (task.pair) pair_column = columns.require(layout.text_pair);
  const auto label_column =
      split == Split::test ? columns.find(layout.label) : std::optional(columns.require(layout.label));

  Dataset dataset{
      .examples = {}, .labels = task.labels, .labelled = label_column.has_value(), .origin = origin};
  SpelledLabels spelled;
  for (std::vector<std::string> fields; reader.next(fields);) {
    if (tolerant && fields.size() < columns.size()) {
      dataset.skipped_rows.push_back(dataset.examples.size() + dataset.skipped_rows.size());
      continue;
    }
    columns.check_count(fields.size(), reader.line());
    Example& example = dataset.examples.emplace_back();
    if (label_column) spelled.add(std::move(fields[*label_column]), reader.line());
    if (pair_column) example.text_pair = std::move(fields[*pair_column]);
    example.text = std::move(fields[text_column]);
  }
  if (dataset.examples.empty()) throw FormatError(fmt::format("{}: has no rows", origin));
  if (!label_column) return dataset;
  if (task.head == HeadKind::regression) {
    give_scores(spelled, similarity, dataset);
  } else {
    give_classes(spelled, LabelSet(task.labels), dataset);
  }
  return dataset;
}

Dataset load_glue(const Task& task, const std::filesystem::path& directory, Split split) {
  if (task.name == "mrpc")
    if (auto published = load_published_mrpc(task, directory, split)) return std::move(*published);
  const auto path = find_data_file(directory, task.folders, task.file_of(split));
  return parse_glue(task, read_file(path), split, path.string());
}

}  // namespace transkimmer
