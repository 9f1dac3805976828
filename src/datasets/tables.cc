#include "datasets/tables.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/files/file.h"
#include "base/files/folder.h"
#include "base/files/stand_in.h"
#include "base/strings/numbers.h"
#include "base/strings/quoting.h"
#include "datasets/formats/delimited.h"
#include "datasets/formats/json_lines.h"
#include "datasets/formats/location.h"
#include "datasets/label_sets.h"
#include "datasets/labels.h"
#include "transkimmer/error.h"

namespace transkimmer {
namespace {

/// A row before its label has a number: classes may only be known when the whole file is read.
struct Rows {
  std::vector<Example> examples;
  SpelledLabels labels;  ///< none when unlabelled
  SpelledSets sets;      ///< in place of them, of a multi-label task
  bool labelled = true;
};

LabelKind labels_in(const TableSource& source) {
  return traits_of(source.head).labels;
}

double real_label(const std::string& field, const std::string& column, const std::string& where) {
  if (const auto value = parse_real(field)) return *value;
  throw FormatError(fmt::format("{}{} is {}, expected a number", where, in_quotes(column), in_quotes(field)));
}

/// Which columns of a header hold labels: one or none, or of a multi-label task one for each label.
class LabelFields {
 public:
  LabelFields(const Columns& columns, const TableSource& source) : source_(source) {
    for (const std::string& name : source.label_columns) marks_.push_back(columns.require(name));
    if (!marks_.empty()) return;
    column_ = source.labels_required ? std::optional(columns.require(source.label_column))
                                     : columns.find(source.label_column);
  }

  bool any() const { return column_ || !marks_.empty(); }

  void read(const std::vector<std::string>& fields, std::size_t line, Rows& rows) const {
    if (!marks_.empty()) {
      rows.sets.add_names(marked(fields, line), line);
    } else if (column_ && labels_in(source_) == LabelKind::set) {
      rows.sets.add_names(split_labels(fields[*column_]), line);
    } else if (column_) {
      rows.labels.add(fields[*column_], line);
    }
  }

 private:
  /// The labels whose columns have a 1.
  std::vector<std::string> marked(const std::vector<std::string>& fields, std::size_t line) const {
    std::vector<std::string> labels;
    for (std::size_t i = 0; i < marks_.size(); ++i) {
      const std::string& field = fields[marks_[i]];
      const std::optional<bool> mark = parse_mark(field);
      if (!mark)
        throw FormatError(fmt::format("{}{} is {}, expected 1 or 0", at_line(source_.path.string(), line),
                                      in_quotes(source_.label_columns[i]), in_quotes(field)));
      if (*mark) labels.push_back(source_.label_columns[i]);
    }
    return labels;
  }

  const TableSource& source_;
  std::optional<std::size_t> column_;
  std::vector<std::size_t> marks_;
};

Rows read_delimited(std::string_view text, DelimitedFormat format, const TableSource& source) {
  RecordReader reader(text, format, source.path.string());
  std::vector<std::string> fields;
  if (!reader.next(fields))
    throw FormatError(fmt::format("{}: is empty, expected a header line", reader.origin()));
  const Columns columns(fields, reader.origin(), reader.line());
  const std::size_t text_column = columns.require(source.text_column);
  std::optional<std::size_t> pair_column;
  if (!source.text_pair_column.empty()) pair_column = columns.require(source.text_pair_column);
  const LabelFields labels(columns, source);

  Rows rows;
  rows.labelled = labels.any();
  while (reader.next(fields)) {
    columns.check_count(fields.size(), reader.line());
    Example& example = rows.examples.emplace_back();
    labels.read(fields, reader.line(), rows);
    if (pair_column) example.text_pair = fields[*pair_column];
    example.text = fields[text_column];
  }
  return rows;
}

/// Empty where there is none and need be none.
std::string spelled_label(const JsonLineReader& reader, const nlohmann::json& object,
                          const TableSource& source) {
  if (!source.labels_required && !object.contains(source.label_column)) return {};
  return labels_in(source) == LabelKind::number ? reader.score_at(object, source.label_column)
                                                : reader.label_at(object, source.label_column);
}

void add_json_labels(const JsonLineReader& reader, const nlohmann::json& object, const TableSource& source,
                     Rows& rows) {
  if (!source.label_columns.empty()) {
    add_json_marks(reader, object, source.label_columns, rows.sets);
  } else if (labels_in(source) != LabelKind::set) {
    if (const auto found = object.find(source.label_column); found != object.end() && found->is_array())
      throw FormatError(fmt::format(
          "{}{} is an array, expected a string or an integer; sets of labels are read with --multi-label",
          at_line(reader.origin(), reader.line()), in_quotes(source.label_column)));
    rows.labels.add(spelled_label(reader, object, source), reader.line());
  } else if (!source.labels_required && !object.contains(source.label_column)) {
    rows.sets.add_absent(reader.line());
  } else {
    add_json_set(reader, object, source.label_column, rows.sets);
  }
}

Rows read_json_lines(std::string_view text, const TableSource& source) {
  JsonLineReader reader(text, source.path.string());
  Rows rows;
  bool any = source.labels_required;
  for (nlohmann::json object; reader.next(object);) {
    any = any || !source.label_columns.empty() || object.contains(source.label_column);
    add_json_labels(reader, object, source, rows);
    Example& example = rows.examples.emplace_back();
    example.text = reader.string_at(object, source.text_column);
    if (!source.text_pair_column.empty())
      example.text_pair = reader.string_at(object, source.text_pair_column);
  }
  rows.labelled = any;
  if (!any) rows.labels = {};
  return rows;
}

/// Labels that are given for some rows have to be for all: a class is not collected from an empty field.
void require_all_or_none(Rows& rows, const TableSource& source) {
  if (labels_in(source) == LabelKind::number) return;
  const std::vector<std::string>& spellings = rows.labels.spellings;
  const auto empty = std::find(spellings.begin(), spellings.end(), "");
  if (source.labels.empty() && rows.labels.all_absent()) {
    rows.labelled = false;  // nothing to collect classes from
  } else if (empty != spellings.end() && !rows.labels.all_absent()) {
    throw FormatError(fmt::format(
        "{}{} is empty, expected a label",
        at_line(source.path.string(), rows.labels.lines[static_cast<std::size_t>(empty - spellings.begin())]),
        in_quotes(source.label_column)));
  }
}

std::vector<std::string> label_names(const Rows& rows, const TableSource& source) {
  if (labels_in(source) == LabelKind::number) return {};
  if (!source.labels.empty() || !rows.labelled) return source.labels;
  auto names = collect_labels(rows.labels.spellings);
  if (names.size() < 2) {
    throw FormatError(fmt::format("{}: every label is {}, expected at least two classes",
                                  source.path.string(), in_quotes(names.front())));
  }
  return names;
}

/// Of a multi-label task.
Dataset with_sets(Rows rows, const TableSource& source) {
  Dataset dataset{.examples = std::move(rows.examples),
                  .labels = source.labels,
                  .labelled = rows.labelled,
                  .origin = source.path.string()};
  if (!rows.labelled) return dataset;
  const std::vector<std::string>& names = source.label_columns;
  if (!names.empty() && !source.labels.empty() && names.size() != source.labels.size())
    throw UsageError(fmt::format("--label-columns names {} columns, expected one for each label: {}",
                                 names.size(), names_in_quotes(source.labels)));
  rows.sets.give(source.labels.empty() ? names : source.labels, dataset);
  return dataset;
}

}  // namespace

Dataset parse_table(std::string_view text, const TableSource& source) {
  reject_stand_in(text, source.path.string());
  const std::string extension = lower_case_extension(source.path);
  Rows rows;
  if (extension == ".csv") {
    rows = read_delimited(text, kCsv, source);
  } else if (extension == ".tsv") {
    rows = read_delimited(text, kTsv, source);
  } else if (extension == ".jsonl" || extension == ".json") {
    rows = read_json_lines(text, source);
  } else {
    throw UsageError(fmt::format("{}: unknown extension {}, expected .csv, .tsv, .jsonl or .json",
                                 source.path.string(), in_quotes(source.path.extension().string())));
  }
  if (rows.examples.empty()) throw FormatError(fmt::format("{}: has no rows", source.path.string()));
  rows.labels.check_text(source.path.string());
  if (labels_in(source) == LabelKind::set) return with_sets(std::move(rows), source);
  require_all_or_none(rows, source);

  Dataset dataset{.examples = std::move(rows.examples),
                  .labels = label_names(rows, source),
                  .labelled = rows.labelled,
                  .origin = source.path.string()};
  if (!rows.labelled) return dataset;
  if (labels_in(source) == LabelKind::number) {
    give_scores(
        rows.labels,
        [&](const std::string& field, const std::string& where) {
          return real_label(field, source.label_column, where);
        },
        dataset);
  } else {
    give_classes(rows.labels, LabelSet(dataset.labels), dataset);
  }
  return dataset;
}

Dataset load_table(const TableSource& source) {
  return parse_table(read_file(source.path), source);
}

}  // namespace transkimmer
