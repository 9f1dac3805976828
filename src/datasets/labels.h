#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/dataset.h"

namespace transkimmer {

/// The classes of a data set: names in index order.
class LabelSet {
 public:
  explicit LabelSet(std::vector<std::string> names);

  /// The index of a label as a file spells it: by name, or by index in decimal where no name is itself a
  /// number (so that "1" never means two things).
  std::optional<std::size_t> find(std::string_view spelling) const;
  /// The same; `where` is the "path:line: " of the FormatError that lists the labels.
  double index(std::string_view spelling, const std::string& where) const;
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::size_t, std::less<>> index_by_name_;
  bool indices_allowed_;
};

/// The labels of a split's rows as its file spells them, and the lines where the rows begin.
struct SpelledLabels {
  std::vector<std::string> spellings;
  std::vector<std::size_t> lines;

  void add(std::string spelling, std::size_t line);
  /// Throws FormatError naming the line of one that is not UTF-8: config.json could not hold it.
  void check_text(const std::string& origin) const;
  /// Whether every row has what stands for no label: "-1" or nothing. Test splits are shared that way.
  bool all_absent() const;
};

/// Gives the examples of `dataset`, one for each row, their classes by index; or says that it is not labelled
/// when all rows lack a label. Throws FormatError naming the line, as LabelSet::index does.
void give_classes(const SpelledLabels& labels, const LabelSet& classes, Dataset& dataset);
/// The same of scores, which `read` takes from their spelling; its second argument is "path:line: ".
void give_scores(const SpelledLabels& labels,
                 const std::function<double(const std::string& spelling, const std::string& where)>& read,
                 Dataset& dataset);

/// The distinct spellings as label names: in numeric order when all are integers, else alphabetically (by
/// bytes).
std::vector<std::string> collect_labels(std::vector<std::string> spellings);

}  // namespace transkimmer
