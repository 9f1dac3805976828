#include "datasets/tables.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "base/numbers.h"
#include "base/quoting.h"
#include "datasets/delimited.h"
#include "datasets/json_lines.h"
#include "datasets/labels.h"
#include "datasets/location.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// A row before its label has a number: classes may only be known when the whole file is read.
struct Rows {
  std::vector<Example> examples;
  std::vector<std::string>
      spellings;                   ///< of class labels, one per example; empty when unlabelled or regression
  std::vector<std::size_t> lines;  ///< where each example began
  bool labelled = true;
};

double real_label(const std::string& field, const std::string& column, const std::string& where) {
  if (const auto value = parse_real(field)) return *value;
  throw FormatError(fmt::format("{}{} is {}, expected a number", where, in_quotes(column), in_quotes(field)));
}

Rows read_delimited(std::string_view text, DelimitedFormat format, const TableSource& source) {
  RecordReader reader(text, format, source.path.string());
  std::vector<std::string> fields;
  if (!reader.next(fields))
    throw FormatError(fmt::format("{}: is empty, expected a header line", reader.origin()));
  const Columns columns(fields, reader.origin(), reader.line());
  const std::size_t text_column = columns.require(source.text_column);
  std::optional<std::size_t> pair_column;
  if (!source.text_pair_column.empty()) pair_column = columns.require(source.text_pair_column);
  const auto label_column = source.labels_required ? std::optional(columns.require(source.label_column))
                                                   : columns.find(source.label_column);

  Rows rows;
  rows.labelled = label_column.has_value();
  while (reader.next(fields)) {
    columns.check_count(fields.size(), reader.line());
    Example& example = rows.examples.emplace_back();
    rows.lines.push_back(reader.line());
    if (label_column && source.kind == TaskKind::regression) {
      example.label =
          real_label(fields[*label_column], source.label_column, at_line(reader.origin(), reader.line()));
    } else if (label_column) {
      if (fields[*label_column].empty())
        throw FormatError(fmt::format("{}{} is empty, expected a label",
                                      at_line(reader.origin(), reader.line()),
                                      in_quotes(source.label_column)));
      rows.spellings.push_back(fields[*label_column]);
    }
    if (pair_column) example.text_pair = fields[*pair_column];
    example.text = fields[text_column];
  }
  return rows;
}

Rows read_json_lines(std::string_view text, const TableSource& source) {
  JsonLineReader reader(text, source.path.string());
  Rows rows;
  for (nlohmann::json object; reader.next(object);) {
    if (rows.examples.empty()) rows.labelled = source.labels_required || object.contains(source.label_column);
    Example& example = rows.examples.emplace_back();
    rows.lines.push_back(reader.line());
    if (rows.labelled && source.kind == TaskKind::regression) {
      example.label = reader.number_at(object, source.label_column);
    } else if (rows.labelled) {
      rows.spellings.push_back(reader.label_at(object, source.label_column));
    }
    example.text = reader.string_at(object, source.text_column);
    if (!source.text_pair_column.empty())
      example.text_pair = reader.string_at(object, source.text_pair_column);
  }
  return rows;
}

std::vector<std::string> label_names(const Rows& rows, const TableSource& source) {
  if (source.kind == TaskKind::regression) return {};
  if (!source.labels.empty() || !rows.labelled) return source.labels;
  auto names = collect_labels(rows.spellings);
  if (names.size() < 2) {
    throw FormatError(fmt::format("{}: every label is {}, expected at least two classes",
                                  source.path.string(), in_quotes(names.front())));
  }
  return names;
}

}  // namespace

Dataset parse_table(std::string_view text, const TableSource& source) {
  const std::string extension = source.path.extension().string();
  Rows rows;
  if (extension == ".csv") {
    rows = read_delimited(text, kCsv, source);
  } else if (extension == ".tsv") {
    rows = read_delimited(text, kTsv, source);
  } else if (extension == ".jsonl" || extension == ".json") {
    rows = read_json_lines(text, source);
  } else {
    throw UsageError(fmt::format("{}: unknown extension {}, expected .csv, .tsv, .jsonl or .json",
                                 source.path.string(), in_quotes(extension)));
  }
  if (rows.examples.empty()) throw FormatError(fmt::format("{}: has no rows", source.path.string()));

  Dataset dataset{.examples = std::move(rows.examples),
                  .labels = label_names(rows, source),
                  .labelled = rows.labelled,
                  .origin = source.path.string()};
  if (rows.spellings.empty()) return dataset;
  const LabelSet labels(dataset.labels);
  for (std::size_t i = 0; i < dataset.examples.size(); ++i) {
    dataset.examples[i].label = labels.index(rows.spellings[i], at_line(dataset.origin, rows.lines[i]));
  }
  return dataset;
}

Dataset load_table(const TableSource& source) {
  return parse_table(read_file(source.path), source);
}

}  // namespace transkimmer
