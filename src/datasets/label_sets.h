#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "datasets/dataset.h"
#include "datasets/formats/json_lines.h"

namespace transkimmer {

// Multi-label tasks: each example has a set of labels, which may be empty.

/// The sets of a split's rows as its file spells them.
class SpelledSets {
 public:
  /// A row's labels by name.
  void add_names(std::vector<std::string> names, std::size_t line);
  /// A row's labels as 1 and 0 for each of all labels.
  void add_marks(std::vector<std::uint8_t> marks, std::size_t line);
  /// A row that says nothing of its labels.
  void add_absent(std::size_t line);

  /// Gives the examples of `dataset`, one for each row, their marks, and `dataset` its labels: `known`, or
  /// where that is empty those that there are, as collect_labels orders them (LABEL_0, LABEL_1, ... of
  /// marks). Says that `dataset` is not labelled where all rows are silent. Throws FormatError naming the
  /// line: a label that is not known, or twice in a set; another number of marks; a row that is silent among
  /// others.
  void give(const std::vector<std::string>& known, Dataset& dataset) const;

 private:
  struct Row {
    std::vector<std::string> names;
    std::vector<std::uint8_t> marks;
    bool absent = false;
    std::size_t line = 0;
  };
  std::vector<std::string> labels_of_rows(const Dataset& dataset) const;

  std::vector<Row> rows_;
};

/// The labels of a field of a table, which commas separate; none of a blank one.
std::vector<std::string> split_labels(std::string_view field);
/// Whether a field, or a value of JSON as text, says that a label holds: 1, 1.0 or true, against 0, 0.0 or
/// false. Nothing for other text.
std::optional<bool> parse_mark(std::string_view field);

/// Adds the set under `key` of an object that `reader` gave: an array of names (or of whole numbers that
/// are names), or of numbers with a fraction, 1.0 or 0.0 for each label in order; a string is one label, null
/// says nothing. Throws FormatError naming the line for other values.
void add_json_set(const JsonLineReader& reader, const nlohmann::json& object, const std::string& key,
                  SpelledSets& sets);
/// The same of a key for each label, of its name, with 1 or 0 or a boolean.
void add_json_marks(const JsonLineReader& reader, const nlohmann::json& object,
                    const std::vector<std::string>& keys, SpelledSets& sets);

}  // namespace transkimmer
